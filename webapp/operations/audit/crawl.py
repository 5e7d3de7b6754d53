"""How every public surface is asked, as a visitor and as a reader who holds nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from webapp.accounts.login import sign_in_every_request
from webapp.accounts.models import Reader, Role
from webapp.exports.file_formats import FileFormat
from webapp.factory import assemble
from webapp.kit import clock
from webapp.operations.audit.file_text import read_file_text
from webapp.settings import Settings

# "x1" in 'rel="next" href="/search?q=a&amp;after=x1"' and in '"after":"x1"'
_NEXT = re.compile(r'rel="next" href="[^"]*?[?&](?:amp;)?after=([^"&]+)"|"after":"([^"]+)"')
# All pages of these are asked for; of other lists, whose cards are the same, and by the reader, a few are enough.
_WHOLE = {"reading.catalogue", "api.list_documents"}
_FEW = 3
VISITOR, READER = "visitor", "reader"
_EMPTY: dict[str, Any] = EnvironBuilder(headers=[("Accept-Language", "zh-CN")]).get_environ()
_UNREAD = {"Set-Cookie", "Content-Security-Policy"}

# Every public GET view is in one of these eight, or a test says that it is missing.
# Asked for every document, by the two in turn; for one in ten, and by --deep for all, by both.
OF_DOCUMENTS = {"reading.document": "/d/{slug}"}
# Asked for one document in ten, and by --deep for all: they say no more than the page does, from the same edition.
OF_SOME_DOCUMENTS = {
    "api.get_document": "/api/v1/documents/{slug}",
    "reading.oembed": "/oembed?url={address}",
    "api.get_full_document": "/api/v1/documents/{slug}/full",
}
# Asked by --deep alone, by the two in turn: files, which are made from the same texts.
OF_DOCUMENTS_DEEP = {
    "reading.document_picture": "/d/{slug}/picture.png",
    **{f"exports.{kind}": f"/d/{{slug}}.{kind}" for kind in FileFormat if kind is not FileFormat.PDF},
}
# Of these one in ten, even by --deep: to read what stands on a page takes longer than all of the rest.
OF_SOME_DOCUMENTS_DEEP = {"exports.pdf": "/d/{slug}.pdf"}
# Asked by both for every picture of a document, at its own address.
OF_IMAGES = {"reading.image": "/media/{name}"}
# Asked for some documents with a phrase that only payers read: they must not be listed.
SEARCHES = {"search.results": "/search?q={phrase}", "api.search_documents": "/api/v1/search?q={phrase}"}
# Asked page by page: {tag}, {year} and {part} stand for each there is.
LIST_SURFACES = {
    "reading.catalogue": "/",
    "reading.tagged": "/tags/{tag}",
    "reading.archived": "/archive/{year}",
    "feeds.tagged_atom": "/tags/{tag}/feed.atom",
    "feeds.tagged_json": "/tags/{tag}/feed.json",
    "feeds.sitemap_part": "/sitemaps/{part}.xml",
    "reading.tags": "/tags",
    "reading.archive": "/archive",
    "feeds.latest_atom": "/feed.atom",
    "feeds.latest_json": "/feed.json",
    "feeds.sitemap": "/sitemap.xml",
    "feeds.robots": "/robots.txt",
    "feeds.llms": "/llms.txt",
    "api.list_documents": "/api/v1/documents?limit=100",
    "api.list_plans": "/api/v1/plans",
    "billing.plans": "/plans",
    "signup.sign_up_page": "/signup",
    "accounts.sign_in_page": "/login",
    "links.recovery_request_page": "/recover",
    "links.sign_in_link_request_page": "/login/link",
}
# Asked in another way, or not at all, and why.
OTHERWISE = {
    "api.description": "the same for every library",
    "accounts.choose_language": "a redirection",
    "accounts.choose_appearance": "a redirection",
    "billing.cancelled": "a redirection",
    "billing.confirm_order": "shows titles alone, to who is signed in",
    "feeds.private_atom": "behind a reader's token; without one it is an error page",
    "feeds.private_json": "behind a reader's token; without one it is an error page",
    "links.recovery_page": "behind a token that was mailed; without one it is an error page",
    "links.confirmation_page": "behind a token that was mailed; without one it is an error page",
    "links.sign_in_link_page": "behind a token that was mailed; without one it is an error page",
    "factor_sign_in.code_page": "behind a right password; without one it is a redirection",
    "address.new_address_page": "behind a token that was mailed; without one it is an error page",
    "address.undo_page": "behind a token that was mailed; without one it is an error page",
    "signup.sign_up_link_page": "behind a token that was mailed; without one it is an error page",
    "passkeys.lead_to_sign_in": "a redirection",
    "site_pages.page": "texts of the publisher, made from no document",
    "site_pages.wordmark": "a picture of the publisher",
    "health.alive": "two words",
    "health.ready": "two words",
    "health.worker_ready": "two words",
    "health.show_arrival": "two numbers, to the doctor alone",
    "offline.worker": "a file of the product",
    "data.closed_page": "two sentences",
    "static": "files of the product",
}


@dataclass(frozen=True, slots=True)
class SurfaceResponse:
    """What a surface answered: which one, to whom, and what can be read of it."""

    surface: str
    asked_by: str
    path: str
    status: int
    body: str
    content_type: str
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crawler:
    """Two browsers, each on an application of its own: a visitor's, and one of a reader who is in no database."""

    browsers: dict[str, Flask]

    def askers(self, surface: str = "") -> list[str]:
        """Return who asks for a surface; to the API, where cookies count for nothing, both are the same visitor."""
        return [VISITOR] if surface.startswith("api.") else list(self.browsers)

    def in_turn(self, number: int) -> str:
        """Return one of both, by turns."""
        return (VISITOR, READER)[number % 2]

    def ask(self, surface: str, path: str, asked_by: str) -> SurfaceResponse:
        """Return what a surface says."""
        app = self.browsers[asked_by]
        answer = Response.from_app(app.wsgi_app, _environ(app, path, asked_by), buffered=True)
        headers = [value for name, value in answer.headers if name not in _UNREAD]
        text, content_type = read_file_text(answer.get_data(), answer.content_type or "")
        return SurfaceResponse(surface, asked_by, path, answer.status_code, text, content_type, tuple(headers))

    def ask_all(self, surface: str, path: str, *, deep: bool) -> Iterator[SurfaceResponse]:
        """Return what a list says to both, page after page, and with `deep` all pages of every list."""
        for asked_by in self.askers(surface):
            whole = deep or (asked_by == VISITOR and surface in _WHOLE)
            yield from islice(self._pages(surface, path, asked_by), None if whole else _FEW)

    def _pages(self, surface: str, path: str, asked_by: str) -> Iterator[SurfaceResponse]:
        following: str | None = path
        while following:
            answer = self.ask(surface, following, asked_by)
            yield answer
            after = _NEXT.search(answer.body)
            joint = "&" if "?" in path else "?"
            following = f"{path}{joint}after={after[1] or after[2]}" if after else None


def open_crawler(settings: Settings) -> Crawler:
    """Return a crawler of an installation; all it may write is files that nobody has asked for yet."""
    visiting, reading = assemble(settings), assemble(settings)
    nobody = Reader(id=0, email="audit@localhost", password_hash="", role=Role.READER, created_at=clock.now())
    nobody.email_confirmed_at, nobody.must_change_password = clock.now(), False
    sign_in_every_request(reading, nobody)
    return Crawler({VISITOR: visiting, READER: reading})


def _environ(app: Flask, path: str, asked_by: str) -> dict[str, Any]:
    """Return a request as a server hands it over (PEP 3333), without what a test client does around it."""
    place, _, query = path.partition("?")
    environ = _EMPTY | {"PATH_INFO": unquote_to_bytes(place).decode("latin-1"), "QUERY_STRING": query}
    if asked_by == READER:
        # Somebody's browser: no page that is kept for visitors may be given to it.
        environ["HTTP_COOKIE"] = f"{app.config['SESSION_COOKIE_NAME']}=audit"
    return environ


def address_of(base_url: str, slug: str) -> str:
    """Return a document's address as it stands in a query."""
    return quote(f"{base_url}/d/{quote(slug)}", safe="")

"""Which questions are put: every route, in every form; a document's page of every document."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.surface.library import PHRASE, SHARED
from tests.surface.twins import Installation, Question
from tests.surface.ways import WAYS, routes
from webapp.documents.catalogue import catalogue_page
from webapp.documents.full_editions import FullImage
from webapp.documents.image_records import PublicImage
from webapp.exports.file_formats import FileFormat

LANGUAGES = ("zh-CN", "en")
SURFACES = ("reading.", "feeds.", "search.", "api.", "library.", "highlights.", "exports.")  # where documents show
FILES = {f"exports.{kind}" for kind in FileFormat}
PAGES = {
    "reading.document",
    "api.get_document",
    "api.get_full_document",
    "highlights.document_notes",
    "highlights.add_highlight_to_document",
} | FILES  # asked for every document
SLOW = {"reading.document_picture"}  # drawn anew for whoever is signed in
EVERYTHING = 0  # the turn in which everything is asked in every variant
WHOLE_TURNS = 4  # in these everything is asked; in later ones a third of what is no document's page
# What a request may carry besides: encodings, conditions, ranges, and headers that a site may be tempted to trust.
VARIANTS = (
    {"Accept-Encoding": "gzip"},
    {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "From": "googlebot"},
    {"Referer": "https://www.google.com/search?q=report"},
    {"Referer": "https://t.co/abc", "User-Agent": "facebookexternalhit/1.1"},
    {"X-Forwarded-For": "66.249.66.1", "Forwarded": "for=66.249.66.1", "X-Real-IP": "127.0.0.1"},
    {"X-Forwarded-Host": "cache.example", "X-Original-URL": "/desk", "X-Forwarded-Proto": "https"},
    {"Range": "bytes=0-1999"},
    {"Range": "bytes=-500"},
    {"If-Modified-Since": "Fri, 01 May 2026 00:00:00 GMT"},
    {"If-None-Match": "*"},
    {"Authorization": "Bearer anything"},
    {"Authorization": "Bearer {token}"},
    {"Accept": "application/json"},
    {"X-Requested-With": "XMLHttpRequest", "Purpose": "prefetch"},
)
ADDED = (
    "format=txt",
    "format=json",
    "print=1",
    "output=amp",
    "full=1&preview=true",
    "fields=text,html&sort=characters",
)
Asked = tuple[Question, dict[str, str]]


def questions(library: Installation, turn: int, only: tuple[str, ...] = ()) -> Iterator[Asked]:
    """Yield the questions of a turn, or those of them to these endpoints, each with what fills its places."""
    seat, common = turn, places(library, "")
    for rule in routes(library.app):
        for way in WAYS[rule.endpoint] if not only or rule.endpoint in only else ():
            seat += 1
            if turn >= WHOLE_TURNS and seat % 3 and rule.endpoint not in PAGES:
                continue
            for slug in _slugs(library, rule.endpoint, way):
                seat += 1
                about = common | {"slug": slug}
                for question in _asked(way, rule.endpoint, rule.methods or set(), turn and seat):
                    yield question, about


def places(library: Installation, slug: str) -> dict[str, str]:
    """Return what fills the places of a way (see WAYS)."""
    with library.database.reading() as session:
        after = catalogue_page(session).after or ""
        public, paid = image_names(session)
    known = {"slug": slug, "tag": "报告", "year": "2026", "paid": PHRASE, "public": SHARED, "after": after}
    return known | {"public_image": public, "paid_image": paid}


def image_names(session: Session) -> tuple[str, str]:
    """Return the name of a picture that a preview shows, and of one that none does."""
    public = set(session.scalars(select(PublicImage.hash)))
    paid = set(session.scalars(select(FullImage.hash))) - public
    return f"{min(public)}.png", f"{min(paid)}.png"


def shown_at(library: Installation) -> tuple[str, ...]:
    """Return the endpoints where documents show."""
    return tuple(rule.endpoint for rule in routes(library.app) if rule.endpoint.startswith(SURFACES))


def _slugs(library: Installation, endpoint: str, way: str) -> list[str]:
    every = endpoint in PAGES and "{slug}" in way
    return [document.slug for document in library.documents[: None if every else 1]]


def _asked(way: str, endpoint: str, methods: set[str], seat: int) -> Iterator[Question]:
    here, there = ({"Accept-Language": language} for language in LANGUAGES[:: -1 if seat % 2 else 1])
    if "GET" in methods:
        yield Question(way, "GET", here)
        yield Question(way, "HEAD", there)
        if seat == EVERYTHING or way in {"/", "/d/{slug}"}:
            yield Question(way, "GET", there)
        if endpoint.startswith(SURFACES) and endpoint not in SLOW:
            yield from _variants(way, seat, here)
    if "POST" in methods:
        yield Question(way, "POST", here)


def _variants(way: str, seat: int, language: dict[str, str]) -> list[Question]:
    """Return the question with what it may carry besides: all of that, or one at a time."""
    joint = "&" if "?" in way else "?"
    every = [Question(way, "GET", language | more) for more in VARIANTS]
    every += [Question(f"{way}{joint}{added}", "GET", language) for added in ADDED]
    return every if seat == EVERYTHING else [every[seat % len(every)]]

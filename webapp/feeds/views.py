"""The addresses that feed readers and crawlers fetch."""

from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from webapp.access.current_standing import standing_by_rules
from webapp.access.policy import unlocks
from webapp.accounts.api_tokens import AccessToken, Scope
from webapp.accounts.bearer_auth import use_token
from webapp.accounts.models import Reader
from webapp.accounts.permissions import public
from webapp.documents.catalogue import latest_documents
from webapp.documents.document_links import linked_html
from webapp.documents.full_editions import full_changes, full_html
from webapp.feeds.entries import FeedEntry, feed_entries
from webapp.feeds.feed_formats import ATOM, JSON_FEED, Feed, write_atom, write_json_feed
from webapp.feeds.sitemap import sitemap_entries, sitemap_parts
from webapp.kit import clock
from webapp.kit.cacheable import cacheable
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import NotFoundError
from webapp.kit.http import absolute_url, no_store, read_session
from webapp.kit.languages import gettext, locale
from webapp.kit.translatable import _

feed_pages = Blueprint("feeds", __name__)
ENTRIES = 30
LISTED_FOR_MODELS = 100


@feed_pages.get("/feed.atom")
@public
@cacheable()
def latest_atom() -> Response:
    """Return the previews of the latest documents as Atom."""
    return _answer(ATOM, write_atom(_feed(), _previews()))


@feed_pages.get("/feed.json")
@public
@cacheable()
def latest_json() -> Response:
    """Return the previews of the latest documents as a JSON Feed."""
    return _answer(JSON_FEED, write_json_feed(_feed(), _previews()))


@feed_pages.get("/tags/<tag>/feed.atom")
@public
@cacheable()
def tagged_atom(tag: str) -> Response:
    """Return the previews of the latest documents of a tag as Atom."""
    return _answer(ATOM, write_atom(_feed(tag), _previews(tag)))


@feed_pages.get("/tags/<tag>/feed.json")
@public
@cacheable()
def tagged_json(tag: str) -> Response:
    """Return the previews of the latest documents of a tag as a JSON Feed."""
    return _answer(JSON_FEED, write_json_feed(_feed(tag), _previews(tag)))


@feed_pages.get("/feeds/<token>/feed.atom")
@public
def private_atom(token: str) -> Response:
    """Return the latest documents, each as far as the token's reader may read it, as Atom."""
    held = _held(token)
    return no_store(_answer(ATOM, write_atom(_private_feed(), _as_read_by(held.reader))))


@feed_pages.get("/feeds/<token>/feed.json")
@public
def private_json(token: str) -> Response:
    """Return the latest documents, each as far as the token's reader may read it, as a JSON Feed."""
    held = _held(token)
    return no_store(_answer(JSON_FEED, write_json_feed(_private_feed(), _as_read_by(held.reader))))


@feed_pages.get("/sitemap.xml")
@public
@cacheable()
def sitemap() -> Response:
    """Return the index of the sitemap."""
    addresses = [absolute_url("feeds.sitemap_part", part=part) for part in sitemap_parts(read_session())]
    return _answer("application/xml; charset=utf-8", render_template("feeds/sitemap_index.xml", addresses=addresses))


@feed_pages.get("/sitemaps/<int(max=9999999999):part>.xml")
@public
@cacheable()
def sitemap_part(part: int) -> Response:
    """Return one part of the sitemap."""
    if part not in sitemap_parts(read_session()):
        raise NotFoundError
    page = render_template("feeds/sitemap.xml", places=sitemap_entries(read_session(), part), first=part == 1)
    return _answer("application/xml; charset=utf-8", page)


@feed_pages.get("/robots.txt")
@public
@cacheable()
def robots() -> Response:
    """Tell crawlers what is of no use to them, and where the sitemap is."""
    return _answer("text/plain; charset=utf-8", render_template("feeds/robots.txt"))


@feed_pages.get("/llms.txt")
@public
@cacheable()
def llms() -> Response:
    """Tell language models what there is to read, in Markdown (llmstxt.org)."""
    page = render_template("feeds/llms.txt", documents=latest_documents(read_session(), LISTED_FOR_MODELS))
    return _answer("text/plain; charset=utf-8", page)


def _answer(content_type: str, body: str) -> Response:
    return Response(body, content_type=content_type)


def _feed(tag: str | None = None) -> Feed:
    site = current_settings().site_name
    home = absolute_url("reading.tagged", tag=tag) if tag else absolute_url("reading.catalogue")
    address = current_settings().base_url + quote(request.path)
    return Feed(address, f"{tag} · {site}" if tag else site, home, locale(), address)


def _private_feed() -> Feed:
    """Return what the private feed says of itself; its address is a secret and does not stand in it."""
    title = gettext("%(site)s: full texts", site=current_settings().site_name)
    home = absolute_url("reading.catalogue")
    return Feed(f"{home}#full-texts", title, home, locale(), None)


def _previews(tag: str | None = None) -> list[FeedEntry]:
    documents = latest_documents(read_session(), ENTRIES, tag)
    if tag and not documents:
        raise NotFoundError(_("No published document has this tag."))
    return feed_entries(documents, {}, _address, _linked)


def _as_read_by(reader: Reader) -> list[FeedEntry]:
    documents = latest_documents(read_session(), ENTRIES)
    ids = [document.id for document in documents]
    opened = list(unlocks(standing_by_rules(reader), ids, clock.now()))
    session = read_session()
    return feed_entries(documents, full_html(session, opened), _address, _linked, full_changes(session, opened))


def _linked(html: str, document_id: int) -> str:
    return linked_html(read_session(), html, document_id, _address)


def _held(secret: str) -> AccessToken:
    held = use_token(secret)
    if held is None or Scope.FEED not in held.scopes:
        raise NotFoundError(
            _("There is no such feed."), _("Its token may have been revoked; make another in your account.")
        )
    return held


def _address(slug: str) -> str:
    return absolute_url("reading.document", slug=slug)

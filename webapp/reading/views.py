"""The catalogue and the document page."""

import logging
from collections.abc import Hashable
from io import BytesIO
from urllib.parse import urlencode

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request, send_file, url_for
from flask import Response as AnyResponse
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.wrappers import Response

from webapp.access.current_standing import current_standing
from webapp.access.open_document import OpenedDocument, open_document
from webapp.access.open_image import ImageAudience, open_image
from webapp.access.policy import Reason
from webapp.accounts.login import current_appearance, current_reader
from webapp.accounts.permissions import public
from webapp.billing.plans import offers_for
from webapp.documents.catalogue import DocumentCard, DocumentFilter, catalogue_page
from webapp.documents.discovery import YEARS, related_to, tags_in_use, year_span, years_in_use
from webapp.documents.document_links import linked_html
from webapp.documents.full_editions import Edition
from webapp.documents.image_records import is_kept
from webapp.documents.image_store import IMAGE_TYPES, image_store
from webapp.documents.models import Document, PublicEdition
from webapp.kit import clock
from webapp.kit.addresses import local_address
from webapp.kit.cacheable import cacheable, policy_for_visitors
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import MovedError, NotFoundError, PaidspanError
from webapp.kit.file_store import FilesUnavailableError, logged_name
from webapp.kit.form_letters import fill_page
from webapp.kit.http import absolute_url, current_url, no_store, read_session
from webapp.kit.languages import zone
from webapp.kit.packing import pack_response
from webapp.kit.paging import Page
from webapp.kit.request_costs import fetches_files
from webapp.kit.translatable import _
from webapp.library.sidebar import NOTHING_KEPT, ReaderSidebar, reader_sidebar
from webapp.manuscript import split_gates
from webapp.reading.document_words import document_words
from webapp.reading.gate_card import gate_card
from webapp.reading.link_preview_image import can_be_drawn, draw_link_preview
from webapp.reading.oembed import embedded, slug_of_address
from webapp.reading.offline_copies import HEADER, copy_mark, keep_header, keeping_seconds, offline_copy_of
from webapp.reading.page_metadata import PageMetadata, page_metadata
from webapp.reading.shared_answers import note_shared_answer

_LONG = 100_000  # characters of HTML, whose page is painted before it is there
# What is said of who is signed in, and which words of a page's own are what templates ask functions for.
_SIGNED_IN: dict[str, Hashable] = {"current_reader": True, "open": False, "tell_superseded": lambda: False}
_WRITTEN_BY = {"csrf_token": "form_token", "this_page": "this_address"}

reading_pages = Blueprint("reading", __name__)
log = logging.getLogger(__name__)


@reading_pages.get("/")
@public
@cacheable("after", "tag")
def catalogue() -> str | Response:
    """Show what is published, newest first."""
    wanted = request.args.get("tag")
    if wanted:
        return redirect(url_for("reading.tagged", tag=wanted), 303)
    return _list(catalogue_page(read_session(), after=request.args.get("after")))


@reading_pages.get("/tags")
@public
@cacheable()
def tags() -> str:
    """Show all tags."""
    return render_template("reading/tags.html", tags=tags_in_use(read_session()))


@reading_pages.get("/tags/<tag>")
@public
@cacheable("after")
def tagged(tag: str) -> str:
    """Show what is published under a tag."""
    page = catalogue_page(read_session(), DocumentFilter(tag=tag), after=request.args.get("after"))
    if not page.rows and not request.args.get("after"):
        raise NotFoundError(_("No published document has this tag."))
    return _list(page, tag=tag)


@reading_pages.get("/archive")
@public
@cacheable()
def archive() -> str:
    """Show the years in which something was published."""
    return render_template("reading/archive.html", years=years_in_use(read_session(), zone()))


@reading_pages.get("/archive/<int(fixed_digits=4):year>")
@public
@cacheable("after")
def archived(year: int) -> str:
    """Show what was published in a year, by the publisher's calendar."""
    if year not in YEARS:
        raise NotFoundError(_("Nothing was published in this year."))
    begins, ends = year_span(year, zone())
    page = catalogue_page(read_session(), DocumentFilter(begins=begins, ends=ends), after=request.args.get("after"))
    if not page.rows and not request.args.get("after"):
        raise NotFoundError(_("Nothing was published in this year."))
    return _list(page, year=year)


def _list(page: Page[DocumentCard], *, tag: str | None = None, year: int | None = None) -> str:
    return render_template("reading/catalogue.html", page=page, tag=tag, year=year)


@reading_pages.get("/d/<slug>")
@public
@cacheable("plan", "gate")
def document(slug: str) -> str | Response:
    """Show a document: all of it to who may read it, the preview and its gate to everybody else."""
    now = clock.now()
    opening = open_document(read_session(), slug, current_standing, now)
    if opening.reason is not None:
        return _preview(opening.document, opening.edition, opening.reason)
    margin = _margin(opening.document, opening.edition)
    page = make_response(_full_page(opening, margin))
    reader = current_reader()
    if reader is None:
        return page
    copy = offline_copy_of(opening)
    if copy is not None:
        page.headers[HEADER] = keep_header(copy_mark(reader), keeping_seconds(opening.ends_at, now), copy)
    pack_response(page, g.get("csrf_token", ""))
    if margin is None or margin.is_empty:
        note_shared_answer(opening, now, copy)
    # The back button shows what a browser has kept without asking, whatever "no-cache" says.
    return no_store(page)


@reading_pages.get("/d/<slug>/picture.png")
@public
@cacheable()
def document_picture(slug: str) -> Response:
    """Show the picture that goes with a link to a published document."""
    edition = _published(slug)[1]
    if not can_be_drawn(edition.title):
        raise NotFoundError
    picture = draw_link_preview(
        edition, current_settings().site_name, edition.changed_at.astimezone(zone()).date().isoformat()
    )
    return AnyResponse(picture, content_type="image/png")


@reading_pages.get("/media/<name>")
@fetches_files
@public
def image(name: str) -> Response:
    """Show a picture of a text to whom an edition shows it; to others there is none, whether it is kept or not."""
    hash_, _dot, kind = name.partition(".")
    audience = open_image(read_session(), hash_, current_standing, clock.now())
    store = image_store(current_settings())
    # Who has it already need not wait until it is fetched.
    is_known = kind in IMAGE_TYPES and "Range" not in request.headers and hash_[:32] in request.if_none_match
    data = b"" if is_known else store.read(name)
    if data is None:
        raise _missing(name)
    response = send_file(BytesIO(data), mimetype=IMAGE_TYPES[kind], etag=hash_[:32], max_age=0)
    is_public = audience is ImageAudience.EVERYBODY
    response.headers["Cache-Control"] = policy_for_visitors() if is_public else "private, no-cache"
    # Feed readers show what is public on pages of their own; whether somebody may see another one is nobody's business.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_public else "same-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _missing(name: str) -> PaidspanError:
    """Return what is to be said of a file that is not there: a bucket that has lost one may be on its way back."""
    if not current_settings().storage_url or not is_kept(read_session(), name):
        return NotFoundError()
    log.error("%s is not in the bucket", logged_name(name))
    return FilesUnavailableError("missing")


@reading_pages.get("/oembed")
@public
@cacheable("url", "format", "maxwidth", "maxheight")
def oembed() -> Response:
    """Tell other sites how to show a link to a document (oembed.com)."""
    slug = slug_of_address(request.args.get("url", ""))
    if slug is None:
        raise NotFoundError(_("This is no address of a document here."))
    try:
        found = _published(slug)
    except MovedError as moved:
        there = request.args.to_dict() | {"url": absolute_url("reading.document", slug=moved.slug)}
        return redirect(f"{url_for('reading.oembed')}?{urlencode(there)}", 301)
    told = embedded(page_metadata(*found), request.args)
    if request.args.get("format", "json") == "json":
        return jsonify(told)
    return AnyResponse(render_template("reading/oembed.xml", told=told), content_type="text/xml; charset=utf-8")


def _published(slug: str) -> tuple[Document, PublicEdition]:
    """Return a document and its public edition, as a visitor opens it; raise NotFoundError or WithdrawnError."""
    found = open_document(read_session(), slug, lambda: None, clock.now()).document
    assert found.edition is not None
    return found, found.edition


def _preview(found: Document, edition: Edition, reason: Reason) -> str:
    reader = current_reader()
    offers = offers_for(read_session(), current_settings().mode, found.id, reader.id if reader else None)
    card = gate_card(reason, offers, request.args.get("plan", ""), FlaskForm() if reader else None)
    margin = _margin(found, edition)
    parts = split_gates(_shown(edition, margin))
    asked = request.args.get("gate", type=int)
    asked_gate = asked if asked in [part.number for part in parts if not isinstance(part, str)] else None
    return _page("reading/preview.html", found, edition, shelf=margin, parts=parts, card=card, asked_gate=asked_gate)


def _shown(edition: Edition, margin: ReaderSidebar | None) -> str:
    """Return the HTML of an edition as who asks sees it."""
    html = margin.html if margin else edition.html
    return linked_html(read_session(), html, edition.document_id, lambda slug: url_for("reading.document", slug=slug))


def _margin(found: Document, edition: Edition) -> ReaderSidebar | None:
    """Return what who is signed in keeps of a document; nothing is kept for a visitor."""
    reader = current_reader()
    notes = local_address("highlights.document_notes", slug=found.slug) + "#note-"
    return reader_sidebar(read_session(), reader.id, found.id, edition, notes) if reader else None


def _full_page(opening: OpenedDocument, margin: ReaderSidebar | None) -> str:
    """Return the page of all of a document; where its reader kept nothing of it, a form letter does."""
    found, edition = opening.document, opening.edition
    html = _shown(edition, margin)
    if margin is None or not margin.is_empty or opening.for_everybody:
        more = {"marked": opening.as_staff, "open": opening.for_everybody}
        return _page("reading/full.html", found, edition, shelf=margin, html=html, **more)
    words, kind, _about = _words(found, edition)
    words |= {"html": Markup(html), "form_token": generate_csrf(), "this_address": current_url()}  # noqa: S704 - our own
    kind |= {"marked": opening.as_staff, "look": current_appearance(), "shelf": NOTHING_KEPT, **_SIGNED_IN}
    return fill_page("reading/full.html", words, _WRITTEN_BY, **kind)


def _page(
    template: str,
    found: Document,
    edition: Edition,
    shelf: ReaderSidebar | None = None,
    html: str | None = None,
    **more: object,
) -> str:
    """Return a document's page; all but its text is taken from the public edition, whoever reads."""
    words, kind, about = _words(found, edition)
    words["html"] = None if html is None else Markup(html)  # noqa: S704 - our own
    return render_template(
        template, words=words, document=found, edition=edition, shelf=shelf, about=about, **kind, **more
    )


def _words(found: Document, edition: Edition) -> tuple[dict[str, str | None], dict[str, Hashable], PageMetadata | None]:
    """Return the words of a document's page, what its make-up hangs on besides, and what machines are told."""
    about = page_metadata(found, found.edition) if found.edition else None
    words = document_words(found, edition, about, related_to(read_session(), found))
    kind = {
        "language": edition.language,
        "public_language": about.language if about else "",
        "is_long": len(edition.html) > _LONG,
    }
    return words, kind, about

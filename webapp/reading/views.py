"""The catalogue and the document page."""

import logging
from io import BytesIO
from urllib.parse import urlencode

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request, send_file, url_for
from flask import Response as AnyResponse
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from webapp.access.current_standing import current_standing
from webapp.access.open_document import open_document
from webapp.access.open_image import ImageAudience, open_image
from webapp.access.policy import Reason
from webapp.accounts.login import current_reader
from webapp.accounts.permissions import public
from webapp.billing.plans import offers_for
from webapp.documents.attachments import ATTACHMENT_TYPES
from webapp.documents.catalogue import DocumentCard, DocumentFilter, catalogue_page
from webapp.documents.discovery import YEARS, tags_in_use, year_span, years_in_use
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
from webapp.kit.http import absolute_url, no_store, read_session
from webapp.kit.languages import zone
from webapp.kit.packing import pack_response
from webapp.kit.paging import Page
from webapp.kit.request_costs import fetches_files
from webapp.kit.shown_documents import DocumentView, note_document_view
from webapp.kit.translatable import _
from webapp.library.sidebar import ReaderSidebar, reader_sidebar
from webapp.reading.document_page import full_page, preview_page
from webapp.reading.gate_card import gate_card
from webapp.reading.link_preview_image import can_be_drawn, draw_link_preview
from webapp.reading.oembed import embedded, slug_of_address
from webapp.reading.offline_copies import HEADER, copy_mark, keep_header, keeping_seconds, offline_copy_of
from webapp.reading.page_metadata import page_metadata
from webapp.reading.shared_answers import note_shared_answer

_MEDIA_TYPES = IMAGE_TYPES | ATTACHMENT_TYPES

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
    if not opening.as_staff:
        note_document_view(DocumentView(opening.document.id, full=opening.reason is None))
    if opening.reason is not None:
        return _preview(opening.document, opening.edition, opening.reason)
    margin = _margin(opening.document, opening.edition)
    page = make_response(full_page(opening, margin))
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
    """Give a picture or an attachment to whom an edition shows it; to others there is none, kept or not.

    An attachment is saved and never shown, under the name that its link says.
    """
    hash_, _dot, kind = name.partition(".")
    audience = open_image(read_session(), hash_, current_standing, clock.now())
    store = image_store(current_settings())
    # Who has it already need not wait until it is fetched.
    is_known = kind in _MEDIA_TYPES and "Range" not in request.headers and hash_[:32] in request.if_none_match
    data = b"" if is_known else store.read(name)
    if data is None:
        raise _missing(name)
    response = send_file(BytesIO(data), mimetype=_MEDIA_TYPES[kind], etag=hash_[:32], max_age=0)
    is_public = audience is ImageAudience.EVERYBODY
    response.headers["Cache-Control"] = policy_for_visitors() if is_public else "private, no-cache"
    # Feed readers show what is public on pages of their own; whether somebody may see another one is nobody's business.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_public else "same-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if kind in ATTACHMENT_TYPES:
        response.headers["Content-Disposition"] = "attachment"
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
    return preview_page(found, edition, card, _margin(found, edition), request.args.get("gate", type=int))


def _margin(found: Document, edition: Edition) -> ReaderSidebar | None:
    """Return what who is signed in keeps of a document; nothing is kept for a visitor."""
    reader = current_reader()
    notes = local_address("highlights.document_notes", slug=found.slug) + "#note-"
    return reader_sidebar(read_session(), reader.id, found.id, edition, notes) if reader else None

"""The addresses of the files."""

import logging
import re
from datetime import timedelta
from io import SEEK_END, BytesIO
from typing import BinaryIO
from urllib.parse import quote

from flask import Blueprint, Response, current_app, make_response, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.access.current_standing import current_standing
from webapp.access.open_document import OpenedDocument, open_document
from webapp.accounts.permissions import public
from webapp.documents.full_editions import edition_blocks
from webapp.exports.export_jobs import AGAIN, ExportJob, get_export_job, is_requested, request_export
from webapp.exports.export_store import ExportStore
from webapp.exports.file_formats import ExportKey, FileFormat, export_key
from webapp.exports.render import export_store, render_file
from webapp.kit import clock
from webapp.kit.cacheable import is_anonymous, policy_for_visitors
from webapp.kit.file_store import FilesUnavailableError
from webapp.kit.http import no_store, read_session, write
from webapp.kit.limits import limited
from webapp.kit.request_costs import takes_long

export_pages = Blueprint("exports", __name__)

LONG = 40_000  # characters; what is shorter is made while the reader waits
_LOOK_AGAIN_SECONDS = 2
_BEGIN_SECONDS = 1
_WAITED = "waited"  # in the address of who has waited: a page says that the file is there, and then leads to it
_USUAL = timedelta(minutes=2)
_LONGEST_NAME = 200  # bytes; file systems take 255
# "/" and ": " of "A/B: C"
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+')
log = logging.getLogger(__name__)


def _download(slug: str, kind: FileFormat) -> AnyResponse:
    """Return a document as a file: all of it to who may read it, the preview to everybody else."""
    opening = open_document(read_session(), slug, current_standing, clock.now())
    what, store = export_key(opening.edition, kind), export_store(current_app)
    is_long = opening.edition.characters > LONG or opening.edition.is_outdated
    made = _kept(store, what, is_long=is_long)
    if made is None and is_long:
        return _waiting(opening, kind, _job(what))
    if made is not None and _WAITED in request.args:
        made.close()
        return _ready(opening, kind)
    return _file(opening, kind, BytesIO(_made(store, what, opening)) if made is None else made, store.mark(what))


def _kept(store: ExportStore, what: ExportKey, *, is_long: bool) -> BinaryIO | None:
    """Return a file that was made; where it cannot be fetched, a short one is made anew."""
    try:
        return store.open(what)
    except FilesUnavailableError:
        if is_long:
            raise
        return None


def _route(kind: FileFormat) -> None:
    @takes_long
    def download(slug: str) -> AnyResponse:
        return _download(slug, kind)

    export_pages.get(f"/d/<slug>.{kind}", endpoint=kind)(public(download))


for _kind in FileFormat:
    _route(_kind)


@limited()
def _made(store: ExportStore, what: ExportKey, opening: OpenedDocument) -> bytes:
    tree = edition_blocks(read_session(), opening.edition)
    made = render_file(current_app, opening.edition, tree, opening.document.slug, what.kind)
    try:
        store.put(what, made)
    except (
        OSError,
        FilesUnavailableError,
    ) as error:  # a full disk costs time, but keeps nobody from a file that is there
        log.warning("%s of document %d could not be kept: %s", what.kind, what.document_id, error)
    return made


def _job(what: ExportKey) -> ExportJob:
    job = get_export_job(read_session(), what)
    return job if job is not None and is_requested(job, clock.now()) else _asked(what)


@limited()
def _asked(what: ExportKey) -> ExportJob:
    return write(lambda session: request_export(session, what, clock.now()))


def _waiting(opening: OpenedDocument, kind: FileFormat, job: ExportJob) -> Response:
    """Show how far a file is; the page looks again by itself, with or without scripts."""
    late = clock.now() - job.asked_at > _USUAL
    page = render_template(
        "exports/waiting.html", document=opening.document, edition=opening.edition, kind=kind, job=job, late=late
    )
    response = no_store(make_response(page, 503 if job.problem else 202))
    response.headers["Retry-After"] = str(AGAIN.seconds if job.problem else _LOOK_AGAIN_SECONDS)
    if not job.problem:
        response.headers["Refresh"] = f"{_LOOK_AGAIN_SECONDS}; url=?{_WAITED}=1"
    return response


def _ready(opening: OpenedDocument, kind: FileFormat) -> Response:
    """Say that a file is there, and begin the download: a browser that saves a file leaves the page as it was."""
    page = render_template(
        "exports/waiting.html", document=opening.document, edition=opening.edition, kind=kind, job=None
    )
    response = no_store(make_response(page))
    address = url_for(f"exports.{kind}", slug=opening.document.slug)
    response.headers["Refresh"] = f"{_BEGIN_SECONDS}; url={address}"
    return response


def _file(opening: OpenedDocument, kind: FileFormat, made: BinaryIO, mark: str) -> Response:
    """Return a file; a preview may be kept like its page, what is for payers by nobody.

    A payer's bears nothing to ask again by: who kept the preview would be told that it is still the same.
    """
    everybodys = opening.reason is not None or opening.for_everybody
    size = made.seek(0, SEEK_END)
    made.seek(0)
    response = send_file(
        made,
        mimetype=kind.media_type,
        etag=mark if everybodys else False,
        last_modified=opening.edition.updated_at if everybodys else None,
        max_age=0,
        conditional=False,
    )
    response.content_length = size
    response.make_conditional(request, accept_ranges=True, complete_length=size)
    # RFC 6266: a plain name for programs that know no other, beside the title.
    title = quote(f"{_name(opening.edition.title)}.{kind}", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=report.{kind}; filename*=UTF-8''{title}"
    if not everybodys:
        response.headers["Cache-Control"] = "private, no-store"
    else:
        response.headers["Cache-Control"] = policy_for_visitors() if is_anonymous() else "private, no-cache"
    return response


def _name(title: str) -> str:
    """Return a title as the name of a file, on any system."""
    name = _NOT_IN_NAMES.sub(" ", title).strip(" .").encode()[:_LONGEST_NAME]
    return name.decode(errors="ignore").rstrip(" .") or "document"

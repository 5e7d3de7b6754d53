"""Bringing in: files are uploaded, looked at, and imported by the worker; what became of each is told."""

from zoneinfo import ZoneInfo

from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.changes import change
from webapp.desk.data_table import Column, DataTable, TableFilter, show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.documents.import_jobs import (
    ImportChoices,
    cancel_import,
    choose_tags,
    count_outcomes,
    read_problems,
    start_import,
)
from webapp.documents.import_models import ImportJob, ImportStage, StoredOutcome
from webapp.documents.import_review import review_sources
from webapp.documents.importing import ImportAction
from webapp.documents.models import Document
from webapp.documents.preparation import ImportProblem, Options
from webapp.documents.staged_files import (
    MOST_FILES,
    Upload,
    add_staged,
    begin_import,
    discard_import,
    get_import,
    name_encoding,
    put_aside,
    staged_files,
    unpacked,
)
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import InvalidInputError, PaidspanError
from webapp.kit.file_store import file_store
from webapp.kit.http import read_session
from webapp.kit.languages import gettext
from webapp.kit.limits import limited
from webapp.kit.money import Money
from webapp.kit.paging import RowOrder
from webapp.kit.request_costs import fetches_files, largest_body
from webapp.kit.translatable import _

import_pages = desk_blueprint("desk_documents_import", __name__)
LARGEST_UPLOAD = 50_000_000
_REVIEWED = 10  # files on a page
_MOST_IMPORTS = 20  # that the first page lists
OUTCOME_WORDS = {
    ImportAction.ADDED: _("added"),
    ImportAction.REVISED: _("revised"),
    ImportAction.PUBLISHED: _("published"),
    ImportAction.UNCHANGED: _("unchanged"),
    ImportAction.SKIPPED: _("left out"),
    ImportAction.REFUSED: _("refused"),
}
STAGE_WORDS = {
    ImportStage.STAGED: _("looked at"),
    ImportStage.WAITING: _("waiting"),
    ImportStage.RUNNING: _("running"),
    ImportStage.DONE: _("done"),
    ImportStage.CANCELLED: _("cancelled"),
    ImportStage.FAILED: _("failed"),
}


_OUTCOMES = tuple((did.value, label) for did, label in OUTCOME_WORDS.items())


def _file_cell(row: StoredOutcome, document_id: int | None) -> Markup | str:
    if document_id is None:
        return row.shown
    address = url_for("desk_documents_editor.edit", document_id=document_id)
    return Markup('<a href="{}">{}</a>').format(address, row.shown)


def _told(problem: ImportProblem) -> str:
    return f"{problem.line}:{problem.column} {problem.code}: {gettext(problem.message)}"


def _problems_cell(row: StoredOutcome, _document_id: int | None) -> Markup:
    lines = Markup("<br>").join(escape(_told(problem)) for problem in read_problems(row))
    return Markup('<div class="import-findings">{}</div>').format(lines) if lines else lines


def _plain_problems(row: StoredOutcome, _document_id: int | None) -> str:
    return "\n".join(map(_told, read_problems(row)))


_IN_ORDER = RowOrder(StoredOutcome.position, StoredOutcome.position)
OUTCOME_TABLE = DataTable(
    "import",
    (
        Column("file", _("File"), _file_cell, lambda row, _id: row.shown, _IN_ORDER),
        Column(
            "did", _("What became of it"), lambda row, _id: gettext(OUTCOME_WORDS[row.did]), lambda row, _id: row.did
        ),
        Column("slug", _("Address"), lambda row, _id: row.slug, shown=False),
        Column("findings", _("Findings"), _problems_cell, _plain_problems),
    ),
    sort="file",
    filters=(TableFilter("did", _("What became of it"), _OUTCOMES),),
)


@import_pages.get("/documents/import")
@requires(Permission.EDIT)
def begin_page() -> str:
    """Show where files are uploaded, and the imports of before."""
    return _first_page(None)


def _first_page(error: PaidspanError | None) -> str:
    query = select(ImportJob).where(ImportJob.reader_id == signed_in_reader().id)
    jobs = read_session().scalars(query.order_by(ImportJob.created_at.desc()).limit(_MOST_IMPORTS)).all()
    limits = {"most_files": MOST_FILES, "most_bytes": LARGEST_UPLOAD // 1_000_000}
    return render_template("desk/import.html", jobs=jobs, stages=STAGE_WORDS, error=error, **limits)


@import_pages.post("/documents/import")
@fetches_files
@largest_body(LARGEST_UPLOAD)
@limited()
@requires(Permission.EDIT)
def upload_files() -> AnyResponse:
    """Take files and show what they would become; nothing is kept of them but their bytes, for a day."""
    reader, now = signed_in_reader(), clock.now()
    uploads = _uploads()
    try:
        staged = put_aside(file_store(current_settings()), uploads)
    except PaidspanError as error:
        return make_response(_first_page(error), error.status)
    job_id = change(
        lambda session: begin_import(session, reader.id, staged, now),
        lambda done: Activity("uploaded", "import", done[:8], after={"files": len(staged)}),
    )
    return redirect(url_for("desk_documents_import.show_job", job_id=job_id), 303)


@import_pages.post("/documents/import/<job_id>/files")
@fetches_files
@largest_body(LARGEST_UPLOAD)
@limited()
@requires(Permission.EDIT)
def upload_more(job_id: str) -> AnyResponse:
    """Take more files into an import that has not begun."""
    reader, now = signed_in_reader(), clock.now()
    get_import(read_session(), job_id, reader.id)
    staged = put_aside(file_store(current_settings()), _uploads())
    change(
        lambda session: add_staged(session, get_import(session, job_id, reader.id), staged, now),
        Activity("uploaded", "import", job_id[:8], after={"files": len(staged)}),
    )
    return redirect(url_for("desk_documents_import.show_job", job_id=job_id), 303)


def _uploads() -> list[Upload]:
    files = [file for file in request.files.getlist("file") if file.filename]
    return [Upload(file.filename or "", file.read()) for file in files]


@import_pages.get("/documents/import/<job_id>")
@fetches_files
@requires(Permission.EDIT)
def show_job(job_id: str) -> str | Response:
    """Show what an import would bring, how far it is, or what became of it."""
    job = get_import(read_session(), job_id, signed_in_reader().id)
    if job.stage is ImportStage.STAGED:
        return _review(job, None, {})
    counted = count_outcomes(read_session(), job.id)
    figures = [(gettext(label), counted[did], "") for did, label in OUTCOME_WORDS.items() if did in counted]
    query = select(StoredOutcome, Document.id).outerjoin(Document, Document.slug == StoredOutcome.slug)
    query = query.where(StoredOutcome.job_id == job.id)
    wanted = OUTCOME_TABLE.filters[0].value
    if wanted:
        query = query.where(StoredOutcome.did == ImportAction(wanted))
    about = {"job": job, "stage": STAGE_WORDS[job.stage], "figures_of": figures}
    return show_table(
        OUTCOME_TABLE, query, lambda listing: render_template("desk/import_outcome.html", listing=listing, **about)
    )


def _review(job: ImportJob, error: PaidspanError | None, sent: dict[str, str]) -> str:
    """Return the page on which an import is looked at, some of its files at a time."""
    settings, session = current_settings(), read_session()
    start = max(request.args.get("first", 0, type=int), 0)
    files = staged_files(session, job.id)
    with unpacked(file_store(settings), files, job.encodings, settings.max_source_bytes) as sources:
        options = Options(zone=ZoneInfo(settings.timezone))
        reviewed = review_sources(session, sources[start : start + _REVIEWED], options)
    more = start + _REVIEWED if start + _REVIEWED < len(sources) else None
    about = {"job": job, "files": files, "total": len(sources), "start": start, "more": more, "step": _REVIEWED}
    return render_template("desk/import_review.html", reviewed=reviewed, error=error, sent=sent, **about)


@import_pages.post("/documents/import/<job_id>/encodings")
@limited()
@requires(Permission.EDIT)
def choose_encoding(job_id: str) -> AnyResponse:
    """Have a file read in another encoding."""
    reader, shown, encoding = signed_in_reader(), request.form.get("shown", ""), request.form.get("encoding", "")
    change(
        lambda session: name_encoding(session, get_import(session, job_id, reader.id), shown, encoding),
        Activity("read", "import", job_id[:8], after={"encoding": encoding}),
    )
    first, place = request.form.get("first", 0, type=int), request.form.get("place", 0, type=int)
    return redirect(url_for("desk_documents_import.show_job", job_id=job_id, first=first) + f"#file-{place}", 303)


@import_pages.post("/documents/import/<job_id>/start")
@fetches_files
@limited()
@requires(Permission.EDIT)
def start_job(job_id: str) -> AnyResponse:
    """Have the worker import what was looked at."""
    reader, now, form = signed_in_reader(), clock.now(), request.form
    try:
        choices = _choices()
    except PaidspanError as error:
        job = get_import(read_session(), job_id, reader.id)
        return make_response(_review(job, error, form.to_dict()), error.status)
    price = f"{choices.price.amount} {choices.price.currency}" if choices.price else ""
    told = Activity(
        "started",
        "import",
        job_id[:8],
        after={"publish": choices.publish, "open": choices.may_open, "price": price},
    )
    change(
        lambda session: start_import(session, get_import(session, job_id, reader.id), choices, now),
        lambda begun: told if begun else None,
    )
    return redirect(url_for("desk_documents_import.show_job", job_id=job_id), 303)


def _choices() -> ImportChoices:
    form = request.form
    price = form.get("price", "").strip()
    try:
        money = Money.parse(price, form.get("currency", "")) if price else None
    except ValueError as error:
        raise InvalidInputError(error.args[0]) from error
    flags = ("publish" in form, "open" in form, "repair" in form)
    return ImportChoices(*flags, choose_tags(form.get("tags", "")), money)


@import_pages.post("/documents/import/<job_id>/cancel")
@limited()
@requires(Permission.EDIT)
def cancel_job(job_id: str) -> AnyResponse:
    """Stop an import; what is stored stays."""
    reader, now = signed_in_reader(), clock.now()
    change(
        lambda session: cancel_import(session, get_import(session, job_id, reader.id), now),
        lambda done: Activity("cancelled", "import", job_id[:8]) if done else None,
    )
    return redirect(url_for("desk_documents_import.show_job", job_id=job_id), 303)


@import_pages.post("/documents/import/<job_id>/discard")
@limited()
@requires(Permission.EDIT)
def discard_upload(job_id: str) -> AnyResponse:
    """Forget what was uploaded."""
    reader = signed_in_reader()
    change(
        lambda session: discard_import(session, get_import(session, job_id, reader.id)),
        Activity("discarded", "import", job_id[:8]),
    )
    return redirect(url_for("desk_documents_import.begin_page"), 303)

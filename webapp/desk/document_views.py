"""The list of all documents, a new one, and both sides of one as pages."""

from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.billing.models import DocumentPrice
from webapp.desk.changes import change
from webapp.desk.data_table import show_table
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.document_table import DOCUMENT_TABLE
from webapp.desk.draft_articles import draft_articles
from webapp.desk.editor_views import LARGEST_TEXT
from webapp.documents.desk_listing import DeskFilter, DeskView, desk_documents, get_desk_document
from webapp.documents.draft_check import check_draft, placed_findings
from webapp.documents.draft_saving import TypedText, read_typed
from webapp.documents.drafts import create_draft, open_draft
from webapp.documents.editor_fields import EditorFields
from webapp.documents.models import Document, State
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import PaidspanError
from webapp.kit.http import read_session
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body
from webapp.manuscript import SourceFormat

document_pages = desk_blueprint("desk_documents", __name__)


@document_pages.get("/documents")
@requires(Permission.EDIT)
def list_desk_documents() -> str | Response:
    """Show all documents, the last that was worked on first."""
    words, state, tag, view = (one.value for one in DOCUMENT_TABLE.filters)
    wanted = DeskFilter(State(state) if state else None, tag, words, DeskView(view) if view else None)
    query = (
        desk_documents(wanted)
        .outerjoin(DocumentPrice, DocumentPrice.document_id == Document.id)
        .add_columns(DocumentPrice.amount, DocumentPrice.currency)
    )
    told = {"done": request.args.get("done", "")}
    return show_table(
        DOCUMENT_TABLE, query, lambda listing: render_template("desk/documents.html", listing=listing, **told)
    )


@document_pages.get("/documents/new")
@requires(Permission.EDIT)
def new() -> str:
    """Show where a text is pasted."""
    return render_template("desk/new_document.html", sent={}, formats=SourceFormat, error=None)


@document_pages.post("/documents/new")
@limited()
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def create() -> AnyResponse:
    """Make a draft of a pasted text and go to its editor."""
    reader, now, form = signed_in_reader(), clock.now(), request.form
    fields = EditorFields(title=form.get("title", ""))
    sent = TypedText(
        form.get("source", ""), 0, form.get("format", SourceFormat.MARKDOWN, type=SourceFormat), fields, EditorFields()
    )
    try:
        made = read_typed(read_session(), None, sent, current_settings().max_source_bytes)
    except PaidspanError as error:
        page = render_template("desk/new_document.html", sent=form, formats=SourceFormat, error=error)
        return make_response(page, error.status)
    document_id = change(
        lambda session: create_draft(session, made, reader.id, now).id,
        lambda done: Activity("created", "document", done),
    )
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="created"), 303)


@document_pages.get("/documents/<int:document_id>/visitor")
@requires(Permission.EDIT)
def visitor(document_id: int) -> str:
    """Show what a visitor would get."""
    return _side(document_id, "visitor")


@document_pages.get("/documents/<int:document_id>/subscriber")
@requires(Permission.EDIT)
def subscriber(document_id: int) -> str:
    """Show what a subscriber would get."""
    return _side(document_id, "subscriber")


def _side(document_id: int, side: str) -> str:
    session = read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    checked = check_draft(session, document, copy.text, copy.format)
    articles = draft_articles(session, document, copy, checked, clock.now())
    return render_template(
        "desk/draft_side.html",
        document=document,
        side=side,
        article=Markup(getattr(articles, side)) if articles else None,  # noqa: S704 - our own page
        findings=placed_findings(checked, copy.text),
        lines=copy.text.split("\n"),
    )

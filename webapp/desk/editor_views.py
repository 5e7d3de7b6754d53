"""The editor: a text with its fields, what was found in it, and its buttons; all of it works without a script."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.billing.desk_publishing import publish_with_price
from webapp.billing.plans import price_of
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.draft_check import check_draft, figures_of, placed_findings
from webapp.documents.draft_publishing import PublishOrder
from webapp.documents.draft_saving import TypedText, read_typed
from webapp.documents.drafts import SavedDraft, as_kept, list_conflicts, note_visit, open_draft, save_draft
from webapp.documents.editor_fields import EditorFields, show_fields
from webapp.documents.paid_share import OpensDocumentError
from webapp.documents.publishing import withdraw
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import ConflictError, InvalidInputError, PaidspanError
from webapp.kit.http import read_session
from webapp.kit.languages import zone
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body
from webapp.kit.translatable import _
from webapp.manuscript import SourceFormat

LARGEST_TEXT = 80_000_000  # bytes of a form that holds a manuscript of 20 MB, which a form writes in up to four times
_FIELDS = ("title", "slug", "tags", "price")

editor_pages = desk_blueprint("desk_documents_editor", __name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the form of the editor sent, to be shown again where it could not be saved."""

    text: TypedText
    error: PaidspanError


@editor_pages.get("/documents/<int:document_id>")
@requires(Permission.EDIT)
def edit(document_id: int) -> str | Response:
    """Show a text to work on, and tell who else has it open."""
    reader, now = signed_in_reader(), clock.now()
    others = change(
        lambda session: note_visit(session, get_desk_document(session, document_id), reader.id, now),
        lambda _others: None,
    )
    return _editor(document_id, others=others)


@editor_pages.post("/documents/<int:document_id>")
@limited()
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def submit(document_id: int) -> str | AnyResponse:
    """Save what was typed, then do what was asked for: nothing more, publish it, or withdraw the document."""
    action = request.form.get("action", "save")
    version = request.form.get("version", type=int)
    if "source" in request.form:
        saved = save_form(document_id)
        if not isinstance(saved, SavedDraft):
            return saved
        version = saved.version
    if action == "publish":
        return _publish(document_id, version)
    if action == "withdraw":
        return _withdraw(document_id)
    if action != "save":
        raise InvalidInputError(_("This button is not known."), _("Please load the page again."))
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="saved"), 303)


def save_form(document_id: int) -> SavedDraft | AnyResponse:
    """Save the form of the editor; return the page that is to be shown instead where that could not be done."""
    reader, now = signed_in_reader(), clock.now()
    session = read_session()
    document = get_desk_document(session, document_id)
    sent = _typed(session, document_id)
    try:
        new = read_typed(session, document, sent, current_settings().max_source_bytes)
    except PaidspanError as error:
        return make_response(_editor(document_id, sent=_Sent(sent, error)), error.status)
    saved = change(
        lambda writing: save_draft(writing, get_desk_document(writing, document_id), new, reader.id, now),
        lambda done: Activity("edited", "document", document_id) if done.begins else None,
    )
    if saved.conflict is not None:
        compare = url_for(
            "desk_documents_conflicts.compare", document_id=document_id, conflict_id=saved.conflict, done="kept"
        )
        return redirect(compare, 303)
    return saved


def _typed(session: Session, document_id: int) -> TypedText:
    """Return what the form sent; a field that it lacks is as it was, and so is one that was not shown otherwise."""
    form, document = request.form, get_desk_document(session, document_id)
    copy = open_draft(session, document)
    stored = show_fields(session, document, copy, price_of(session, document_id))
    shown = EditorFields(**{name: form.get(f"was_{name}", getattr(stored, name)) for name in _FIELDS})
    typed = EditorFields(**{name: form.get(name, getattr(shown, name)) for name in _FIELDS})
    fmt = form.get("format", copy.format, type=SourceFormat)
    version = form.get("version", copy.version, type=int)
    return TypedText(as_kept(form["source"]), version, fmt, typed, shown, form.get("conflict", type=int))


def _editor(document_id: int, *, others: Sequence[tuple[str, datetime]] = (), sent: _Sent | None = None) -> str:
    session = read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    if sent:
        copy = replace(copy, text=sent.text.text, version=sent.text.based_on, format=sent.text.format)
    checked = check_draft(session, document, copy.text, copy.format)
    shown = show_fields(session, document, copy, price_of(session, document_id), checked.title or "")
    return render_template(
        "desk/editor.html",
        document=document,
        copy=copy,
        fields=sent.text.typed if sent else shown,
        shown=sent.text.shown if sent else shown,
        error=sent.error if sent else None,
        figures=figures_of(checked),
        findings=placed_findings(checked, copy.text),
        lines=copy.text.split("\n"),
        conflicts=list_conflicts(session, document_id),
        others=others,
        formats=SourceFormat,
        done=request.args.get("done", ""),
    )


def _publish(document_id: int, version: int | None) -> AnyResponse:
    reader, now = signed_in_reader(), clock.now()
    may_open = request.form.get("confirmed") == "opens-document"
    order = PublishOrder(reader.id, now, zone(), version, may_open)
    try:
        change(
            lambda session: publish_with_price(session, get_desk_document(session, document_id), order),
            lambda done: Activity("published", "document", document_id, after={"opened": may_open}) if done else None,
        )
    except OpensDocumentError:
        return redirect(url_for("desk_documents_publishing.proof", document_id=document_id, asked="opens"), 303)
    except (ConflictError, InvalidInputError) as error:
        sent = _typed_again(document_id)
        return make_response(_editor(document_id, sent=_Sent(sent, error)), error.status)
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="published"), 303)


def _typed_again(document_id: int) -> TypedText:
    """Return the text as it is kept now, to be shown with what is wrong with it."""
    session = read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    shown = show_fields(session, document, copy, price_of(session, document_id))
    return TypedText(copy.text, copy.version, copy.format, shown, shown)


def _withdraw(document_id: int) -> AnyResponse:
    reader, now = signed_in_reader(), clock.now()
    change(
        lambda session: withdraw(session, get_desk_document(session, document_id), now, reader.id),
        lambda done: Activity("withdrawn", "document", document_id) if done else None,
    )
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="withdrawn"), 303)

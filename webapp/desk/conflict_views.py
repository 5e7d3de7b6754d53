"""Two texts that were written on the same version: both beside each other, until somebody has chosen."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.changes import change
from webapp.desk.comparisons import show_comparison
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.editor_views import LARGEST_TEXT
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.draft_saving import TypedText, read_typed
from webapp.documents.drafts import get_conflict, name_of, open_draft, settle_conflict
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.http import read_session
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body, takes_long

conflict_pages = desk_blueprint("desk_documents_conflicts", __name__)


@conflict_pages.get("/documents/<int:document_id>/conflicts/<int:conflict_id>")
@takes_long
@requires(Permission.EDIT)
def compare(document_id: int, conflict_id: int) -> str:
    """Show the draft and the text that was kept beside it."""
    session = read_session()
    document = get_desk_document(session, document_id)
    conflict, copy = get_conflict(session, document_id, conflict_id), open_draft(session, document)
    return render_template(
        "desk/conflict.html",
        document=document,
        copy=copy,
        conflict=conflict,
        shown=show_comparison(copy.text, conflict.source, side=True),
        by=name_of(session, conflict.saved_by),
        done=request.args.get("done", ""),
    )


@conflict_pages.post("/documents/<int:document_id>/conflicts/<int:conflict_id>")
@limited()
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def settle_two_versions(document_id: int, conflict_id: int) -> Response:
    """Go on with one of both texts, or with one that was made of them."""
    reader, now, session = signed_in_reader(), clock.now(), read_session()
    document = get_desk_document(session, document_id)
    conflict, copy = get_conflict(session, document_id, conflict_id), open_draft(session, document)
    chosen = {"saved": copy.text, "copy": conflict.source}.get(
        request.form.get("choice", ""), request.form.get("source", copy.text)
    )
    sent = TypedText(chosen, request.form.get("version", -1, type=int), copy.format)
    new = read_typed(session, document, sent, current_settings().max_source_bytes)
    saved = change(
        lambda writing: settle_conflict(
            writing, get_desk_document(writing, document_id), conflict_id, new, reader.id, now
        ),
        Activity("settled two versions", "document", document_id),
    )
    if saved.conflict is not None:
        again = url_for(
            "desk_documents_conflicts.compare", document_id=document_id, conflict_id=saved.conflict, done="kept"
        )
        return redirect(again, 303)
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="settled"), 303)

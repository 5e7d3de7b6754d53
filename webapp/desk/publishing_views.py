"""What is shown before a document is published, withdrawn or deleted, or its draft dropped: what that does to whom."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.billing.deleted_documents import delete_document, list_buyers
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.draft_articles import draft_articles
from webapp.desk.editor_views import LARGEST_TEXT, save_form
from webapp.desk.publishing_proof import make_proof
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.draft_check import check_draft
from webapp.documents.draft_editions import draft_editions
from webapp.documents.draft_publishing import is_publishable
from webapp.documents.drafts import SavedDraft, discard_draft, open_draft
from webapp.kit import clock
from webapp.kit.http import read_session
from webapp.kit.languages import zone
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body, searches

publishing_pages = desk_blueprint("desk_documents_publishing", __name__)


@publishing_pages.get("/documents/<int:document_id>/publish")
@searches
@requires(Permission.EDIT)
def proof(document_id: int) -> str:
    """Show the proof: what would be published, and what is to be known before."""
    session, now = read_session(), clock.now()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    checked = check_draft(session, document, copy.text, copy.format)
    editions = draft_editions(session, document, copy, checked, now, zone())
    articles = draft_articles(session, document, copy, checked, now)
    return render_template(
        "desk/proof.html",
        document=document,
        copy=copy,
        proof=make_proof(session, document, copy, checked, editions),
        lines=copy.text.split("\n"),
        editions=editions,
        articles=articles,
        is_publishable=is_publishable(document, copy),
        asked=request.args.get("asked", ""),
    )


@publishing_pages.post("/documents/<int:document_id>/publish")
@limited()
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def save_and_show_proof(document_id: int) -> Response:
    """Save what was typed, then show the proof."""
    return _save_and_go(document_id, "desk_documents_publishing.proof")


@publishing_pages.get("/documents/<int:document_id>/withdraw")
@requires(Permission.EDIT)
def withdrawing(document_id: int) -> str:
    """Say what withdrawing does before it is done."""
    session = read_session()
    document = get_desk_document(session, document_id)
    return render_template("desk/withdraw.html", document=document, buyers=len(list_buyers(session, document_id)))


@publishing_pages.post("/documents/<int:document_id>/withdraw")
@limited()
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def save_and_ask(document_id: int) -> Response:
    """Save what was typed, then say what withdrawing does."""
    return _save_and_go(document_id, "desk_documents_publishing.withdrawing")


def _save_and_go(document_id: int, endpoint: str) -> Response:
    if "source" in request.form:
        saved = save_form(document_id)
        if not isinstance(saved, SavedDraft):
            return saved
    return redirect(url_for(endpoint, document_id=document_id), 303)


@publishing_pages.get("/documents/<int:document_id>/discard")
@requires(Permission.EDIT)
def discarding(document_id: int) -> str:
    """Say what dropping a draft does before it is done."""
    session = read_session()
    document = get_desk_document(session, document_id)
    return render_template("desk/discard.html", document=document, copy=open_draft(session, document))


@publishing_pages.post("/documents/<int:document_id>/discard")
@limited()
@requires(Permission.EDIT)
def discard(document_id: int) -> Response:
    """Go back to the latest revision."""
    reader, now = signed_in_reader(), clock.now()
    change(
        lambda session: discard_draft(session, get_desk_document(session, document_id), reader.id, now),
        lambda done: Activity("dropped the draft", "document", document_id) if done else None,
    )
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="discarded"), 303)


@publishing_pages.get("/documents/<int:document_id>/delete")
@requires(Permission.EDIT)
def deleting(document_id: int) -> str:
    """Say what deleting does before it is done, and who bought the document."""
    session = read_session()
    document = get_desk_document(session, document_id)
    return render_template("desk/delete.html", document=document, buyers=len(list_buyers(session, document_id)))


@publishing_pages.post("/documents/<int:document_id>/delete")
@limited()
@requires(Permission.EDIT)
def delete(document_id: int) -> Response:
    """Delete a document with all its texts, for good."""
    now = clock.now()
    slug = get_desk_document(read_session(), document_id).slug
    change(
        lambda session: delete_document(session, get_desk_document(session, document_id), now),
        Activity("deleted", "document", document_id, before={"slug": slug}),
    )
    return redirect(url_for("desk_documents.list_desk_documents", done="deleted"), 303)

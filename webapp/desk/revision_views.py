"""The revisions of a document: listed, looked at, compared with each other and with the draft, returned to."""

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.changes import change
from webapp.desk.comparisons import show_comparison
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.draft_articles import draft_articles
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.draft_check import placed_findings
from webapp.documents.drafts import WorkingCopy, as_kept, open_draft
from webapp.documents.models import Document
from webapp.documents.revision_history import ReturnedTo, get_revision, list_revisions, return_to_revision
from webapp.documents.stored_revisions import check_revision
from webapp.kit import clock
from webapp.kit.http import read_session
from webapp.kit.limits import limited
from webapp.kit.request_costs import takes_long

DRAFT = "draft"
_SIDES = ("source", "visitor", "subscriber")

revision_pages = desk_blueprint("desk_revisions", __name__)


@revision_pages.get("/documents/<int:document_id>/revisions")
@requires(Permission.EDIT)
def list_document_revisions(document_id: int) -> str:
    """Show the revisions, the latest first."""
    session = read_session()
    document = get_desk_document(session, document_id)
    return render_template(
        "desk/revisions.html",
        document=document,
        listed=list_revisions(session, document, request.args.get("before", type=int)),
        copy=open_draft(session, document),
    )


@revision_pages.get("/documents/<int:document_id>/revisions/<int:number>")
@takes_long
@requires(Permission.EDIT)
def show_revision(document_id: int, number: int) -> str:
    """Show one revision: its source, or what a visitor or a subscriber got of it."""
    session = read_session()
    document = get_desk_document(session, document_id)
    source = get_revision(session, document, number)
    asked = request.args.get("as", "")
    side = asked if asked in _SIDES else _SIDES[0]
    told: dict[str, object] = {"document": document, "number": number, "side": side}
    text = as_kept(source.text)
    if side == _SIDES[0]:
        return render_template("desk/revision.html", shown=show_comparison(text, text, whole=True), **told)
    checked = check_revision(session, document, number)
    copy = WorkingCopy(document.id, text, source.format, version=0)
    articles = draft_articles(session, document, copy, checked, clock.now())
    told["article"] = Markup(getattr(articles, side)) if articles else None  # noqa: S704 - our own page
    return render_template(
        "desk/revision.html", findings=placed_findings(checked, text), lines=text.split("\n"), **told
    )


@revision_pages.get("/documents/<int:document_id>/revisions/compare")
@takes_long
@requires(Permission.EDIT)
def compare_revisions(document_id: int) -> str:
    """Compare two revisions, or one and the draft; without a choice the latest text and the one before."""
    session = read_session()
    document = get_desk_document(session, document_id)
    draft = open_draft(session, document)
    latest = document.revisions if draft.is_changed else document.revisions - 1
    before = request.args.get("from", str(max(latest, 1)))
    after = request.args.get("to", DRAFT if draft.is_changed else str(document.revisions))
    return render_template(
        "desk/compare.html",
        document=document,
        listed=list_revisions(session, document),
        draft=draft,
        before=before,
        after=after,
        shown=show_comparison(_text(document, before, draft), _text(document, after, draft)),
    )


def _text(document: Document, which: str, draft: WorkingCopy) -> str:
    if which == DRAFT:
        return draft.text
    number = int(which) if which.isdecimal() and len(which) < 10 else 0  # noqa: PLR2004 - digits of a number
    return as_kept(get_revision(read_session(), document, number).text)


@revision_pages.post("/documents/<int:document_id>/revisions/<int:number>/return")
@limited()
@requires(Permission.EDIT)
def return_to(document_id: int, number: int) -> Response:
    """Make a former revision what is worked on, and go to the editor."""
    reader, now = signed_in_reader(), clock.now()
    done = change(
        lambda session: return_to_revision(session, get_desk_document(session, document_id), number, reader.id, now),
        lambda returned: _returning(document_id, number, returned),
    )
    beside = done.kept_beside if done else None
    if beside is not None:
        there = url_for("desk_documents_conflicts.compare", document_id=document_id, conflict_id=beside)
        return redirect(f"{there}?done=returned", 303)
    return redirect(url_for("desk_documents_editor.edit", document_id=document_id, done="returned"), 303)


def _returning(document_id: int, number: int, returned: ReturnedTo | None) -> Activity | None:
    after = {"to": number, "revision": returned.number} if returned else {}
    return Activity("returned to a revision", "document", document_id, after=after) if returned else None

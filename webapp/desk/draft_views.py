"""What the editor's script asks for: a text saved, and both views of it. It relies on nothing else."""

from dataclasses import asdict, replace
from datetime import datetime

from flask import Response, jsonify, request, url_for
from sqlalchemy.orm import Session

from webapp.accounts.activity_log import Activity
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import Permission, requires
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.desk.draft_articles import draft_articles
from webapp.desk.editor_views import LARGEST_TEXT
from webapp.documents.desk_listing import get_desk_document
from webapp.documents.draft_check import (
    PlacedFinding,
    TextFigures,
    Utf16Offsets,
    check_draft,
    figures_of,
    placed_findings,
    span_places,
)
from webapp.documents.draft_saving import TypedText, read_typed
from webapp.documents.drafts import SavedDraft, as_kept, note_visit, open_draft, save_draft
from webapp.kit import clock
from webapp.kit.allowances import Allowance
from webapp.kit.current_settings import current_settings
from webapp.kit.http import read_session
from webapp.kit.languages import gettext
from webapp.kit.limits import limited
from webapp.kit.request_costs import largest_body
from webapp.manuscript import Severity, SourceFormat

AS_ONE_TYPES = Allowance(600, 1)  # a script asks whenever somebody stops typing for a moment
_CONFLICT = 409

draft_pages = desk_blueprint("desk_documents_draft", __name__)


@draft_pages.post("/documents/<int:document_id>/draft")
@limited(AS_ONE_TYPES)
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def autosave(document_id: int) -> Response | tuple[Response, int]:
    """Save a text; where somebody else did so meanwhile, keep it beside theirs and say so."""
    reader, now = signed_in_reader(), clock.now()
    session = read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    sent = TypedText(
        request.form.get("source", copy.text),
        request.form.get("version", -1, type=int),
        request.form.get("format", copy.format, type=SourceFormat),
        conflict=request.form.get("conflict", type=int),
    )
    new = read_typed(session, document, sent, current_settings().max_source_bytes)

    def rule(writing: Session) -> tuple[SavedDraft, list[tuple[str, datetime]]]:
        kept = get_desk_document(writing, document_id)
        return save_draft(writing, kept, new, reader.id, now), note_visit(writing, kept, reader.id, now)

    saved, others = change(rule, lambda done: Activity("edited", "document", document_id) if done[0].begins else None)
    told = {
        "version": saved.version,
        "saved_at": saved.saved_at.isoformat() if saved.saved_at else None,
        "by": saved.saved_by,
        "others": [{"name": name, "seen_at": seen_at.isoformat()} for name, seen_at in others],
    }
    if saved.conflict is None:
        return jsonify(told)
    address = url_for("desk_documents_conflicts.compare", document_id=document_id, conflict_id=saved.conflict)
    return jsonify(told | {"conflict": saved.conflict, "compare": address}), _CONFLICT


@draft_pages.post("/documents/<int:document_id>/views")
@limited(AS_ONE_TYPES)
@largest_body(LARGEST_TEXT)
@requires(Permission.EDIT)
def views(document_id: int) -> Response:
    """Tell what a text would be: both articles, what was found in it, where its spans stand, and its figures.

    Offsets are counted as JavaScript does, in UTF-16 code units of the text with its lines ended by one character.
    """
    session = read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    text = as_kept(request.form.get("source", copy.text))
    copy = replace(copy, text=text, format=request.form.get("format", copy.format, type=SourceFormat))
    checked = check_draft(session, document, text, copy.format)
    articles = draft_articles(session, document, copy, checked, clock.now())
    offset, found = Utf16Offsets(text), placed_findings(checked, text)
    return jsonify(
        {
            "public": articles.visitor if articles else None,
            "full": articles.subscriber if articles else None,
            "problem": None if articles else _problem(found),
            "findings": [_told_finding(one, offset) for one in found],
            "spans": [{name: offset(place) for name, place in asdict(span).items()} for span in span_places(text)],
            "figures": _told_figures(figures_of(checked)),
        }
    )


def _problem(found: list[PlacedFinding]) -> str:
    """Return why there is no view of a text: what keeps it from being published, and where."""
    first = next(one for one in found if one.finding.severity is Severity.ERROR)
    return gettext(
        "Line %(line)s, column %(column)s: %(sentence)s",
        line=first.finding.line,
        column=first.finding.column,
        sentence=gettext(first.sentence),
    )


def _told_finding(one: PlacedFinding, offset: Utf16Offsets) -> dict[str, object]:
    found = one.finding
    return {
        "code": found.code,
        "severity": found.severity,
        "line": found.line,
        "column": found.column,
        "start": offset(one.start),
        "end": offset(one.end),
        "message": gettext(one.sentence),
    }


def _told_figures(figures: TextFigures) -> dict[str, int]:
    return asdict(figures) | {"share": figures.share}

"""Documents for the people of the house: listed, made, changed and published by their own programs."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.api_tokens import AccessToken, Scope
from webapp.accounts.bearer_auth import current_token_holder
from webapp.accounts.models import Reader
from webapp.accounts.permissions import Permission, has_permission
from webapp.api import desk_schemas as schemas
from webapp.api.blueprint import Blueprint
from webapp.billing.desk_publishing import publish_with_price
from webapp.billing.plans import price_of
from webapp.documents.desk_listing import BY_CHANGE, DeskFilter, DeskListedDocument, desk_documents, get_desk_document
from webapp.documents.draft_check import check_draft, figures_of, placed_findings
from webapp.documents.draft_publishing import PublishOrder
from webapp.documents.draft_saving import TypedText, read_typed
from webapp.documents.drafts import create_draft, open_draft, save_draft
from webapp.documents.editor_fields import EditorFields, show_fields
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import ConflictError, ScopeError
from webapp.kit.http import no_store, read_session, write
from webapp.kit.languages import gettext, zone
from webapp.kit.limits import limited
from webapp.kit.paging import fetch_page
from webapp.kit.request_costs import largest_body
from webapp.kit.translatable import _

_LARGEST = 80_000_000  # bytes; what a manuscript of 20 MB may take as JSON
desk_api = Blueprint("api_desk", "For the people of the house: documents, published or not.")
desk_api.after_request(no_store)


class VersionConflictError(ConflictError):
    """A text was written on an outdated version; it is kept beside the present one."""

    def __init__(self, version: int, conflict: int) -> None:
        super().__init__(
            _("Somebody has saved another version meanwhile."), _("Yours is kept beside it; the desk shows both.")
        )
        self.members = {"version": version, "conflict": conflict}


@desk_api.route("/desk/documents")
@desk_api.operation("listDeskDocuments", 422, scope=Scope.DESK, visitors=False)
@desk_api.arguments(schemas.DeskListArguments, location="query")
@desk_api.response(200, schemas.DeskListingSchema)
def list_for_desk(asked: dict[str, Any]) -> dict[str, Any]:
    """List all documents, published or not, the last changed first."""
    _editor()
    wanted = DeskFilter(asked.get("state"), asked.get("tag", ""), asked.get("q", ""), asked.get("view"))
    page = fetch_page(read_session(), desk_documents(wanted), BY_CHANGE, asked.get("after"), asked["limit"])
    rows = map(DeskListedDocument.of, page.rows)
    return {"documents": [_row(row) for row in rows], "after": page.after}


def _row(row: DeskListedDocument) -> dict[str, Any]:
    document, change = row.document, row.change
    named = {"id": document.id, "slug": document.slug, "title": document.title, "state": document.state}
    moments = {"published_at": document.published_at, "changed_at": change.changed_at}
    return {**named, **moments, "changed_by": row.changed_by}


@desk_api.route("/desk/documents", methods=["POST"])
@desk_api.operation("createDeskDocument", 400, 409, 415, 422, scope=Scope.DESK, visitors=False)
@limited()
@largest_body(_LARGEST)
@desk_api.arguments(schemas.NewDocumentArguments)
@desk_api.response(201, schemas.WorkingCopySchema)
def create_for_desk(asked: dict[str, Any]) -> dict[str, Any]:
    """Make a draft of a text; nothing is published by it."""
    reader, now = _editor(), clock.now()
    sent = TypedText(asked["text"], 0, asked["format"], _fields(asked, EditorFields()))
    new = read_typed(read_session(), None, sent, current_settings().max_source_bytes)

    def rule(session: Session) -> int:
        made = create_draft(session, new, reader.id, now)
        log_activity(session, reader.id, Activity("created", "document", made.id), now)
        return made.id

    return _shown(write(rule))


@desk_api.route("/desk/documents/<int:document_id>")
@desk_api.operation("getDeskDocument", 404, scope=Scope.DESK, visitors=False)
@desk_api.response(200, schemas.WorkingCopySchema)
def get_for_desk(document_id: int) -> dict[str, Any]:
    """Return a document with the text that is being worked on, and what was found in it."""
    _editor()
    return _shown(document_id)


@desk_api.route("/desk/documents/<int:document_id>", methods=["POST"])
@desk_api.operation("updateDeskDocument", 400, 404, 409, 415, 422, scope=Scope.DESK, visitors=False)
@limited()
@largest_body(_LARGEST)
@desk_api.arguments(schemas.UpdateArguments)
@desk_api.response(200, schemas.WorkingCopySchema)
def update_for_desk(asked: dict[str, Any], document_id: int) -> dict[str, Any]:
    """Save a text and fields; where somebody else did so since that version, yours is kept beside it: 409."""
    reader, now, session = _editor(), clock.now(), read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    shown = show_fields(session, document, copy, price_of(session, document_id))
    sent = TypedText(asked["text"], asked["version"], copy.format, _fields(asked, shown), shown)
    new = read_typed(session, document, sent, current_settings().max_source_bytes)

    def rule(writing: Session) -> tuple[int, int | None]:
        saved = save_draft(writing, get_desk_document(writing, document_id), new, reader.id, now)
        if saved.begins:
            log_activity(writing, reader.id, Activity("edited", "document", document_id), now)
        return saved.version, saved.conflict

    version, conflict = write(rule)
    if conflict is not None:
        raise VersionConflictError(version, conflict)
    return _shown(document_id)


@desk_api.route("/desk/documents/<int:document_id>/publish", methods=["POST"])
@desk_api.operation("publishDeskDocument", 400, 404, 409, 415, 422, scope=Scope.DESK, visitors=False)
@limited()
@desk_api.arguments(schemas.PublishArguments)
@desk_api.response(200, schemas.WorkingCopySchema)
def publish_for_desk(asked: dict[str, Any], document_id: int) -> dict[str, Any]:
    """Publish a version; 409 where a finding forbids it, and where it opens what was for payers unconfirmed."""
    reader, now = _editor(), clock.now()
    may_open = asked.get("confirmed") == "opens-document"
    order = PublishOrder(reader.id, now, zone(), asked["version"], may_open)

    def rule(session: Session) -> None:
        if publish_with_price(session, get_desk_document(session, document_id), order):
            after = {"opened": may_open}
            log_activity(session, reader.id, Activity("published", "document", document_id, after=after), now)

    write(rule)
    return _shown(document_id)


def _editor() -> Reader:
    """Return who asks; raise ScopeError where the role does not reach so far any more, whatever the token says."""
    reader = cast("AccessToken", current_token_holder()).reader
    if not has_permission(reader, Permission.EDIT):
        raise ScopeError(Scope.DESK)
    return reader


def _fields(asked: Mapping[str, Any], shown: EditorFields) -> EditorFields:
    told = {name: asked.get(name, getattr(shown, name)) for name in ("title", "slug", "price")}
    return EditorFields(**told, tags=", ".join(asked["tags"]) if "tags" in asked else shown.tags)


def _shown(document_id: int) -> dict[str, Any]:
    session = read_session()
    document = get_desk_document(session, document_id)
    copy = open_draft(session, document)
    checked = check_draft(session, document, copy.text, copy.format)
    figures = figures_of(checked)
    return {
        "id": document.id,
        "slug": document.slug,
        "title": document.title,
        "state": document.state,
        "format": copy.format,
        "text": copy.text,
        "version": copy.version,
        "changed": copy.is_changed,
        "public_characters": figures.public_characters,
        "paid_characters": figures.paid_characters,
        "findings": [
            {
                "code": one.finding.code,
                "severity": one.finding.severity,
                "line": one.finding.line,
                "column": one.finding.column,
                "message": gettext(one.sentence),
            }
            for one in placed_findings(checked, copy.text)
        ],
    }

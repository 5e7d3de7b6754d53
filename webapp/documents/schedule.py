"""Publishing and withdrawing at a moment: rules that make rows, and the one by which the worker carries them out, once.

What was approved is what is published: a row names a revision, and what is written meanwhile waits.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from webapp.accounts.activity_log import Activity, log_activity
from webapp.accounts.registration import publisher_addresses
from webapp.documents.last_changes import note_last_change
from webapp.documents.models import Document, State
from webapp.documents.paid_share import OpensDocumentError, refuse_opening
from webapp.documents.publishing import is_up_to_date, publish_revision, refuse_findings, withdraw
from webapp.documents.scheduled_acts import ScheduledAct, ScheduleKind, ScheduleProblem, ScheduleState
from webapp.documents.stored_revisions import check_revision, get_manuscripts, last_published
from webapp.kit.database import Database
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import CannotSaveError, ConflictError, InvalidInputError, TooBusyError
from webapp.kit.translatable import Filled, _

_BATCH = 50
_LISTED = 50
_AWAY = (OperationalError, InterfaceError, TooBusyError, CannotSaveError)  # the next look tries again
PROBLEMS = {
    ScheduleProblem.FINDING: _("Line %(line)s of its text has a finding that forbids publishing."),
    ScheduleProblem.OPENS_DOCUMENT: _("Less of it would be for payers than of what was published before."),
    ScheduleProblem.LATER_PUBLISHED: _("A later revision was published meanwhile."),
    ScheduleProblem.STUMBLED: _("Something went wrong on our side; the log says what kind of error it was."),
}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScheduleOrder:
    """Who wants something to happen when; `revision`: which one is published, the latest where none is told."""

    due_at: datetime
    now: datetime
    reader_id: int | None = None
    revision: int | None = None
    may_open: bool = False


def problem_sentence(act: ScheduledAct) -> str:
    """Return why something could not be done, to be translated."""
    assert act.problem is not None
    values = {"line": act.line} if act.problem is ScheduleProblem.FINDING else {}
    return Filled(PROBLEMS[act.problem], values) if values else PROBLEMS[act.problem]


def schedule_publication(session: Session, document: Document, order: ScheduleOrder) -> ScheduledAct:
    """Have a revision published at a moment, in place of what was to be published before.

    Raise InvalidInputError for a moment that has passed, and ConflictError where it could not be published now either.
    """
    _refuse_past(order)
    number = order.revision or document.revisions
    if is_up_to_date(session, document, number):
        raise ConflictError(_("This revision is published already."), "")
    manuscript = check_revision(session, document, number)
    refuse_findings(document, manuscript)
    if not order.may_open:
        earlier = get_manuscripts(session, document, {last_published(session, document)} - {number})
        refuse_opening(document.slug, manuscript.manuscript, earlier)
    withdrawal = _waiting(session, document.id, ScheduleKind.WITHDRAW)
    if withdrawal is not None and withdrawal.due_at <= order.due_at and document.state is not State.PUBLISHED:
        raise ConflictError(_("It is to be withdrawn before that."), _("Cancel that first, or choose an earlier time."))
    return _add(session, document, ScheduleKind.PUBLISH, order, number)


def schedule_withdrawal(session: Session, document: Document, order: ScheduleOrder) -> ScheduledAct:
    """Have a document withdrawn at a moment, in place of what was planned before; raise as for publishing."""
    _refuse_past(order)
    publication = _waiting(session, document.id, ScheduleKind.PUBLISH)
    is_ahead = publication is not None and publication.due_at < order.due_at
    if document.state is not State.PUBLISHED and not is_ahead:
        raise ConflictError(_("It will not be published then."), _("Choose a time after it is published."))
    return _add(session, document, ScheduleKind.WITHDRAW, order, None)


def cancel_scheduled(session: Session, document_id: int, act_id: int, now: datetime) -> bool:
    """Have something not happen; return whether it was still to happen."""
    act = session.get(ScheduledAct, act_id)
    if act is None or act.document_id != document_id or act.state is not ScheduleState.WAITING:
        return False
    _settle(act, ScheduleState.CANCELLED, now)
    return True


def list_scheduled(session: Session, document_id: int) -> list[ScheduledAct]:
    """Return what is to happen to a document, and the latest of what was to happen, the latest first."""
    query = select(ScheduledAct).where(ScheduledAct.document_id == document_id).order_by(ScheduledAct.id.desc())
    return list(session.scalars(query.limit(_LISTED)))


def carry_out_due(database: Database, zone: tzinfo, now: Callable[[], datetime]) -> int:
    """Do all that is due and return how many acts were settled: each once, whoever else is at it, in its own order."""
    settled = 0
    while due := _due(database, now()):
        for act_id in due:
            settled += _carry_out_one(database, act_id, zone, now())
    return settled


def _due(database: Database, now: datetime) -> list[int]:
    waiting = (ScheduledAct.state == ScheduleState.WAITING, ScheduledAct.due_at <= now)
    query = select(ScheduledAct.id).where(*waiting).order_by(ScheduledAct.due_at, ScheduledAct.id)
    with database.reading() as session:
        return list(session.scalars(query.limit(_BATCH)))


def _carry_out_one(database: Database, act_id: int, zone: tzinfo, now: datetime) -> bool:
    try:
        return database.write(partial(carry_out, act_id=act_id, zone=zone, now=now))
    except _AWAY:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one text must not hold the others
        # What an error says may be paid text.
        log.warning("scheduled act %d could not be carried out: %s", act_id, type(error).__name__)
        return database.write(partial(_give_up, act_id=act_id, now=now))


def carry_out(session: Session, act_id: int, zone: tzinfo = UTC, *, now: datetime) -> bool:
    """Do what is due, where nobody has yet, or note and tell why it cannot be done; return whether this settled it."""
    act = session.get(ScheduledAct, act_id)
    if act is None or act.state is not ScheduleState.WAITING or act.due_at > now:
        return False
    document = session.get_one(Document, act.document_id)
    if act.kind is ScheduleKind.WITHDRAW:
        is_done = withdraw(session, document, now)
    else:
        try:
            is_done = _publish_scheduled(session, document, act, zone, now)
        except ConflictError as error:
            _fail(session, document, act, _problem_of(error), now)
            return True
    _settle(act, ScheduleState.DONE if is_done else ScheduleState.NEEDLESS, now)
    if is_done:
        done = "withdrawn" if act.kind is ScheduleKind.WITHDRAW else "published"
        told = {"scheduled_for": act.due_at.isoformat(), "revision": act.revision}
        log_activity(session, act.created_by, Activity(done, "document", document.id, after=told), now)
        note_last_change(session, document, now, act.created_by)
    return True


class _LaterPublishedError(ConflictError):
    """What is published is newer than what was approved."""


def _publish_scheduled(session: Session, document: Document, act: ScheduledAct, zone: tzinfo, now: datetime) -> bool:
    number = act.revision or document.revisions
    if document.state is State.PUBLISHED and last_published(session, document) > number:
        raise _LaterPublishedError(PROBLEMS[ScheduleProblem.LATER_PUBLISHED])
    with session.begin_nested():
        return publish_revision(session, document, number, now, zone=zone, may_open=act.may_open)


def _problem_of(error: ConflictError) -> ScheduleProblem:
    if isinstance(error, OpensDocumentError):
        return ScheduleProblem.OPENS_DOCUMENT
    return ScheduleProblem.LATER_PUBLISHED if isinstance(error, _LaterPublishedError) else ScheduleProblem.FINDING


def _give_up(session: Session, act_id: int, now: datetime) -> bool:
    act = session.get(ScheduledAct, act_id)
    if act is None or act.state is not ScheduleState.WAITING:
        return False
    _fail(session, session.get_one(Document, act.document_id), act, ScheduleProblem.STUMBLED, now)
    return True


def _fail(session: Session, document: Document, act: ScheduledAct, problem: ScheduleProblem, now: datetime) -> None:
    """Note why something could not be done, and write to the publishers."""
    act.problem = problem
    if problem is ScheduleProblem.FINDING:
        found = check_revision(session, document, act.revision or document.revisions).findings
        first = next((one for one in found if one.severity == "error"), None)
        act.finding, act.line = (first.code, first.line) if first else ("", 0)
    _settle(act, ScheduleState.FAILED, now)
    log_activity(
        session, act.created_by, Activity("failed to publish", "document", document.id, after={"why": problem}), now
    )
    content = {"slug": document.slug, "due_at": act.due_at, "sentence": PROBLEMS[problem], "line": act.line}
    for address in publisher_addresses(session):
        key = f"schedule-failed:{act.id}:{address}"
        enqueue_email(session, Email(key, "schedule_failed", address, "", content), now)


def _refuse_past(order: ScheduleOrder) -> None:
    if order.due_at <= order.now:
        raise InvalidInputError(_("This moment has passed."), _("Choose a later one, or do it at once."))


def _waiting(session: Session, document_id: int, kind: ScheduleKind) -> ScheduledAct | None:
    of_it = (ScheduledAct.document_id == document_id, ScheduledAct.kind == kind)
    return session.scalar(select(ScheduledAct).where(*of_it, ScheduledAct.state == ScheduleState.WAITING))


def _add(
    session: Session, document: Document, kind: ScheduleKind, order: ScheduleOrder, revision: int | None
) -> ScheduledAct:
    former = _waiting(session, document.id, kind)
    if former is not None:
        _settle(former, ScheduleState.CANCELLED, order.now)
    act = ScheduledAct(
        document_id=document.id,
        kind=kind,
        revision=revision,
        may_open=order.may_open,
        due_at=order.due_at,
        state=ScheduleState.WAITING,
        created_at=order.now,
        created_by=order.reader_id,
    )
    session.add(act)
    session.flush()
    return act


def _settle(act: ScheduledAct, state: ScheduleState, now: datetime) -> None:
    act.state, act.settled_at = state, now

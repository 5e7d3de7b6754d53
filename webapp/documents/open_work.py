"""How much of the library waits for somebody to do something about it; each counted by an index."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.documents.draft_models import DraftConflict
from webapp.documents.last_changes import LastChange
from webapp.documents.models import PublicEdition
from webapp.documents.scheduled_acts import ScheduledAct, ScheduleState

_RECENTLY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Drafts in which something was found, texts kept beside others, and publications that did not happen."""

    with_findings: int
    conflicts: int
    failed_schedules: int


def count_open_work(session: Session, now: datetime) -> OpenWork:
    """Return how much waits."""
    found = select(func.count(LastChange.document_id)).where(LastChange.has_findings.is_(True))
    failed = select(func.count(ScheduledAct.id)).where(
        ScheduledAct.state == ScheduleState.FAILED, ScheduledAct.due_at > now - _RECENTLY
    )
    return OpenWork(
        session.scalar(found) or 0,
        session.scalar(select(func.count(DraftConflict.id))) or 0,
        session.scalar(failed) or 0,
    )


def has_published(session: Session) -> bool:
    """Whether anything is published."""
    return session.scalar(select(PublicEdition.document_id).limit(1)) is not None

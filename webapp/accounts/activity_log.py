"""The log of what the people of the house did: who, when, what, and how it was before. Never a document's text.

Rows are added and never changed or deleted; the database itself refuses to (migration 0032).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.kit.table_base import Base

Told = Mapping[str, str | int | bool | None]


class LoggedActivity(Base):
    """One thing that somebody of the house did; nobody, where a command did it."""

    __tablename__ = "activity_log"
    __table_args__ = (
        Index("ix_activity_log_at", "at", "id"),
        Index("ix_activity_log_reader_id_at", "reader_id", "at", "id"),
        Index("ix_activity_log_action_at", "action", "at", "id"),
        Index("ix_activity_log_subject", "subject_kind", "subject_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id"))
    action: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(120))
    before: Mapped[dict[str, str | int | bool | None] | None] = mapped_column(JSON)
    after: Mapped[dict[str, str | int | bool | None] | None] = mapped_column(JSON)


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done (a verb of the past, as "published"), to what, and what of it is worth telling.

    `subject_kind` is a noun of the desk ("document", "reader", "plan", "setting"), `subject_id` what it is known by in
    the desk's addresses. `before` and `after` hold settings, prices, roles and reasons; never a text, never a secret.
    """

    action: str
    subject_kind: str
    subject_id: str | int = ""
    before: Told | None = None
    after: Told | None = None


def log_activity(session: Session, reader_id: int | None, activity: Activity, now: datetime) -> None:
    """Add a row to the log."""
    session.add(
        LoggedActivity(
            at=now,
            reader_id=reader_id,
            action=activity.action,
            subject_kind=activity.subject_kind,
            subject_id=str(activity.subject_id),
            before=None if activity.before is None else dict(activity.before),
            after=None if activity.after is None else dict(activity.after),
        )
    )

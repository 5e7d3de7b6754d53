"""What is to happen to documents by itself: rows that the worker carries out, once. They hold no text."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.documents.slugs import OF_STAFF
from webapp.kit.table_base import Base, enum_column


class ScheduleKind(StrEnum):
    """What is to happen."""

    PUBLISH = "publish"
    WITHDRAW = "withdraw"


class ScheduleState(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    DONE = "done"
    NEEDLESS = "needless"  # it was so already
    FAILED = "failed"
    CANCELLED = "cancelled"


class ScheduleProblem(StrEnum):
    """Why it could not be done."""

    FINDING = "finding"
    OPENS_DOCUMENT = "opens-document"
    LATER_PUBLISHED = "later-published"
    STUMBLED = "stumbled"


class ScheduledAct(Base):
    """Something that is to happen to a document at a moment; what is published is the revision that was approved."""

    __tablename__ = "scheduled_acts"
    __table_args__ = (
        Index("ix_scheduled_acts_due", "state", "due_at", "id"),
        Index("ix_scheduled_acts_document_id", "document_id", "id"),
        OF_STAFF,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    kind: Mapped[ScheduleKind] = mapped_column(enum_column(ScheduleKind))
    revision: Mapped[int | None]
    may_open: Mapped[bool]
    due_at: Mapped[datetime]
    state: Mapped[ScheduleState] = mapped_column(enum_column(ScheduleState))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)
    settled_at: Mapped[datetime | None]
    problem: Mapped[ScheduleProblem | None] = mapped_column(enum_column(ScheduleProblem))
    finding: Mapped[str] = mapped_column(String(40), default="")  # its code
    line: Mapped[int] = mapped_column(default=0)

"""When something was last done to each document, and who did it: the order of the desk's list.

It is a table of its own, for a draft is saved every few seconds, and pages for readers are made from `documents`.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.documents.models import Document, State
from webapp.documents.slugs import OF_STAFF
from webapp.kit.table_base import Base, enum_column


class LastChange(Base):
    """The last thing that was done to one document, with its state, by which lists are cut; None: no person did it."""

    __tablename__ = "last_changes"
    __table_args__ = (
        Index("ix_last_changes_all", "changed_at", "document_id"),
        Index("ix_last_changes_state", "state", "changed_at", "document_id"),
        OF_STAFF,
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[State] = mapped_column(enum_column(State))
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)


def note_last_change(session: Session, document: Document, moment: datetime, reader_id: int | None = None) -> None:
    """Note that something was done to a document; what was done at the same moment may be done again with a name."""
    change = session.get(LastChange, document.id) or LastChange(document_id=document.id)
    change.state, change.changed_at, change.changed_by = document.state, moment, reader_id
    session.add(change)
    session.flush()


def drop_last_change(session: Session, document_id: int) -> None:
    """Forget when a document was changed that is none any more."""
    session.execute(delete(LastChange).where(LastChange.document_id == document_id))

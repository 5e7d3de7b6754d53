"""When something was last done to each document, and who did it: the order of the desk's list.

It is a table of its own, for a draft is saved every few seconds, and pages for readers are made from `documents`.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.documents.draft_models import Draft
from webapp.documents.models import Document, PublicEdition, State
from webapp.documents.slugs import OF_STAFF
from webapp.kit.table_base import Base, enum_column


class LastChange(Base):
    """The last thing that was done to one document, with that by which lists are cut; None: no person did it."""

    __tablename__ = "last_changes"
    __table_args__ = (
        Index("ix_last_changes_all", "changed_at", "document_id"),
        Index("ix_last_changes_state", "state", "changed_at", "document_id"),
        Index("ix_last_changes_findings", "has_findings", "changed_at", "document_id"),
        Index("ix_last_changes_ahead", "is_ahead", "changed_at", "document_id"),
        OF_STAFF,
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[State] = mapped_column(enum_column(State))
    changed_at: Mapped[datetime]
    has_findings: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_ahead: Mapped[bool] = mapped_column(default=False, server_default=false())  # of what is published
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)


def note_last_change(session: Session, document: Document, moment: datetime, reader_id: int | None = None) -> None:
    """Note that something was done to a document; what was done at the same moment may be done again with a name."""
    change = session.get(LastChange, document.id) or LastChange(document_id=document.id)
    change.state, change.changed_at, change.changed_by = document.state, moment, reader_id
    published = session.scalar(select(PublicEdition.revision).where(PublicEdition.document_id == document.id))
    draft = session.execute(select(Draft.is_changed, Draft.findings).where(Draft.document_id == document.id)).first()
    is_changed = draft is not None and draft.is_changed
    change.is_ahead = published is not None and (is_changed or published != document.revisions)
    change.has_findings = draft is not None and is_changed and draft.findings > 0
    session.add(change)
    session.flush()


def drop_last_change(session: Session, document_id: int) -> None:
    """Forget when a document was changed that is none any more."""
    session.execute(delete(LastChange).where(LastChange.document_id == document_id))

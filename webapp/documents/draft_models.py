"""Working copies of documents, paid text included: read by `drafts` and what an import contract names."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.documents.slugs import OF_STAFF
from webapp.kit.table_base import Base, enum_column
from webapp.manuscript import SourceFormat


class Draft(Base):
    """The text of a document that is being worked on, once somebody has saved one; it stays when it is published.

    `base` is the revision that it was made from or became, `settled` names the fields of front matter that somebody
    typed into the form since: a tag or a price that is no longer there was taken away on purpose.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        Index("ix_drafts_changed", "is_changed", "document_id"),
        Index("ix_drafts_findings", "findings", "document_id"),
        OF_STAFF,
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(Text, deferred=True)
    format: Mapped[SourceFormat] = mapped_column(enum_column(SourceFormat))
    settled: Mapped[list[str]] = mapped_column(JSON, default=list)
    version: Mapped[int]
    base: Mapped[int]
    is_changed: Mapped[bool]  # since the revision that it is based on
    findings: Mapped[int]  # of what keeps it from being published, and what is worth a look
    errors: Mapped[int]
    public_characters: Mapped[int]
    paid_characters: Mapped[int]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)


class DraftConflict(Base):
    """What was written on an outdated version of a draft, and is kept beside it until somebody has looked at both."""

    __tablename__ = "draft_conflicts"
    __table_args__ = OF_STAFF

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(Text)
    format: Mapped[SourceFormat] = mapped_column(enum_column(SourceFormat))
    based_on: Mapped[int]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)


class DraftVisit(Base):
    """Who last had a draft open, and when."""

    __tablename__ = "draft_visits"
    __table_args__ = OF_STAFF

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id"), primary_key=True, index=True)
    seen_at: Mapped[datetime]

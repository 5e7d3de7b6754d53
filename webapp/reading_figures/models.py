"""The tables of how often documents are read. No row is about a reader, and none can be brought to one."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.kit.table_base import Base, enum_column

SITE_LENGTH, PERIOD_LENGTH = 60, 10  # characters


class ReadingKind(StrEnum):
    """What is counted, in the order in which a visitor becomes a reader."""

    PREVIEW = "preview"  # a page with a gate was shown
    GATE = "gate"  # a gate came into the window
    CHECKOUT = "checkout"  # an order was begun there
    PAID = "paid"  # and paid
    FULL = "full"  # a page with all of the text was shown
    END = "end"  # and its end came into the window
    ROBOT = "robot"  # either page was shown to a program


class DocumentReadingCount(Base):
    """How often something happened with a document in a period: a day ("2026-12-01"), a month, or a year.

    `gate` 0 and `site` "" is all of it; another row tells how much of it was at one gate, or came from one site.
    """

    __tablename__ = "document_reading_counts"
    __table_args__ = (
        Index("ix_document_reading_counts_document", "document_id", "period"),
        Index(
            "ix_document_reading_counts_ranked",
            "period",
            "kind",
            "count",
            "document_id",
            sqlite_where=text("gate = 0 AND site = ''"),
            postgresql_where=text("gate = 0 AND site = ''"),
        ),
    )

    period: Mapped[str] = mapped_column(String(PERIOD_LENGTH), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[ReadingKind] = mapped_column(enum_column(ReadingKind), primary_key=True)
    gate: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(SITE_LENGTH), primary_key=True)
    count: Mapped[int]


class LibraryReadingCount(Base):
    """The same of all documents together, those that are gone by now included."""

    __tablename__ = "library_reading_counts"
    __table_args__ = (Index("ix_library_reading_counts_ranked", "period", "kind", "count"),)

    period: Mapped[str] = mapped_column(String(PERIOD_LENGTH), primary_key=True)
    kind: Mapped[ReadingKind] = mapped_column(enum_column(ReadingKind), primary_key=True)
    site: Mapped[str] = mapped_column(String(SITE_LENGTH), primary_key=True)
    count: Mapped[int]

"""The tables of a reader's shelf: where they stopped, what they marked. It is theirs alone."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.kit.table_base import Base
from webapp.library.text_quote import CONTEXT, TextQuote

PASSAGE_LENGTH = 32
ANCHOR_LENGTH = 80
VIEW_LENGTH = 36


class ReadingPosition(Base):
    """How far a reader came in a document, and when: what "continue reading" and the history are made of.

    `view` is one opened page, `turn` counts what it told, so that nothing older overtakes it on its way.
    """

    __tablename__ = "reading_positions"
    __table_args__ = (Index("ix_reading_positions_history", "reader_id", "read_at", "document_id"),)

    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    permille: Mapped[int] = mapped_column(default=0)
    passage: Mapped[str] = mapped_column(String(PASSAGE_LENGTH), default="")
    anchor: Mapped[str] = mapped_column(String(ANCHOR_LENGTH), default="")
    view: Mapped[str] = mapped_column(String(VIEW_LENGTH), default="")
    turn: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime]


class Bookmark(Base):
    """A document that a reader wants to find again, or a section of it: the heading's anchor, empty for all of it."""

    __tablename__ = "bookmarks"
    __table_args__ = (
        UniqueConstraint("reader_id", "document_id", "anchor"),
        Index("ix_bookmarks_latest", "reader_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    anchor: Mapped[str] = mapped_column(String(ANCHOR_LENGTH), default="")
    created_at: Mapped[datetime]


class Highlight(Base):
    """A passage that a reader marked, with their note; it may be paid text, and is shown by `noting.shown` alone.

    Numbers count within one reader and document: a number of the whole house would tell of what others may read.
    """

    __tablename__ = "highlights"
    __table_args__ = (Index("ix_highlights_page", "reader_id", "document_id", "position", "number"),)

    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    exact: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(String(CONTEXT))
    suffix: Mapped[str] = mapped_column(String(CONTEXT))
    position: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def quote(self) -> TextQuote:
        """The passage as it is looked for."""
        return TextQuote(self.exact, self.prefix, self.suffix, self.position)

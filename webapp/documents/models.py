"""What may be asked by anybody: documents, their tags, and the public edition. Nothing here holds paid text."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.kit.table_base import Base, enum_column
from webapp.manuscript import RENDERER_VERSION, Gate, TocEntry

SLUG_LENGTH = 120
TAG_LENGTH = 60
FEED_ID_LENGTH = 500


class State(StrEnum):
    """Where a document stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Document(Base):
    """One report, through all its revisions."""

    __tablename__ = "documents"
    __shown__ = True
    __table_args__ = (
        Index("ix_documents_catalogue", "state", "published_at", "id"),
        Index("ix_documents_source_hash", "source_hash"),  # who has the same bytes
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), unique=True)
    title: Mapped[str] = mapped_column(Text)
    source_key: Mapped[str | None] = mapped_column(String(1000), unique=True)
    source_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[State] = mapped_column(enum_column(State))
    revisions: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    # What feed readers know it by, for good; those of before 0013 get their address of then (feeds/entries.py).
    feed_id: Mapped[str | None] = mapped_column(String(FEED_ID_LENGTH), index=True, unique=True)
    tags: Mapped[list["DocumentTag"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="DocumentTag.tag"
    )
    edition: Mapped["PublicEdition | None"] = relationship(lazy="raise", cascade="all, delete-orphan")


class FormerSlug(Base):
    """A slug that a document once had: its old address leads to the new one, and no other document gets it."""

    __tablename__ = "former_slugs"
    __shown__ = True

    slug: Mapped[str] = mapped_column(String(SLUG_LENGTH), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)


class DocumentTag(Base):
    """One tag of one document."""

    __tablename__ = "document_tags"
    __shown__ = True

    tag: Mapped[str] = mapped_column(String(TAG_LENGTH), primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class EditionColumns:
    """What both editions of a document have: its text in every form that is read or written from."""

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    subtitle: Mapped[str] = mapped_column(Text, default="")
    authors: Mapped[list[str]] = mapped_column(JSON, default=list)
    collection: Mapped[str] = mapped_column(Text, default="")
    cover: Mapped[str] = mapped_column(Text, default="")  # as its author named it; nothing is made of it yet
    language: Mapped[str] = mapped_column(String(10))
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    toc_rows: Mapped[list[list[object]]] = mapped_column("toc", JSON)
    characters: Mapped[int]
    updated_at: Mapped[datetime]  # when it was written, both editions at once
    changed_at: Mapped[datetime]  # when what this one shows last changed, or as the author dates it
    # As large as the HTML and read by no page: who writes a file asks for it (full_editions.edition_blocks).
    tree: Mapped[str | None] = mapped_column(Text, deferred=True, deferred_raiseload=True)
    renderer_version: Mapped[int]

    @property
    def toc(self) -> tuple[TocEntry, ...]:
        """The headings of this edition."""
        return toc_of(self.toc_rows)

    @property
    def byline(self) -> str:
        """Its authors, as its own language strings names together."""
        return ("、" if self.language.startswith("zh") else ", ").join(self.authors)

    @property
    def is_outdated(self) -> bool:
        """Whether an older renderer made it."""
        return self.renderer_version < RENDERER_VERSION


class PublicEdition(EditionColumns, Base):
    """What everybody may read of a published document: made by `redact`, replaced when it is published again."""

    __tablename__ = "public_editions"
    __shown__ = True

    summary: Mapped[str] = mapped_column(Text)
    gate_rows: Mapped[list[list[object]]] = mapped_column("gates", JSON)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What is behind each gate, in order."""
        return tuple(Gate(*row) for row in self.gate_rows)  # type: ignore[arg-type]  # as release wrote them

    @property
    def all_characters(self) -> int:
        """How many characters the document has, those for payers included."""
        return self.characters + self.paid_characters

    @property
    def paid_characters(self) -> int:
        """How many characters are for payers."""
        return sum(gate.characters for gate in self.gates)


def toc_of(rows: list[list[object]]) -> tuple[TocEntry, ...]:
    """Return a stored table of contents."""
    return tuple(TocEntry(*row) for row in rows)  # type: ignore[arg-type]  # as release wrote them

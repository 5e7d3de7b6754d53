"""What payers read: sources and full editions. The only way out is an `Unlock`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.documents.document_links import linked_blocks
from webapp.documents.models import Document, EditionColumns, PublicEdition, toc_of
from webapp.documents.unlock import Unlock
from webapp.kit.prepared_query import PreparedQuery
from webapp.kit.table_base import Base, enum_column
from webapp.manuscript import SourceFormat, TocEntry
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.blocks import Blocks


class Revision(Base):
    """The source of a document as it once came in, markers and paid text included."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    format: Mapped[SourceFormat] = mapped_column(enum_column(SourceFormat))
    source_name: Mapped[str] = mapped_column(String(1000))
    encoding: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    refused_by: Mapped[int] = mapped_column(default=0)  # the latest version of the renderer that could not read it


class FullEdition(EditionColumns, Base):
    """All of a document, for who may read it: made by `reveal` from the revision its public edition is made from."""

    __tablename__ = "full_editions"
    __table_args__ = (Index("ix_full_editions_renderer_version", "renderer_version"),)  # which are outdated


@dataclass(frozen=True, slots=True)
class Source:
    """A manuscript as it came in, markers and paid text included."""

    text: str
    format: SourceFormat
    revision_id: int


class FullImage(Base):
    """A picture that a full edition shows; it goes with the edition."""

    __tablename__ = "full_images"

    hash: Mapped[str] = mapped_column(ForeignKey("images.hash"), primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("full_editions.document_id", ondelete="CASCADE"), primary_key=True, index=True
    )


_T = TypeVar("_T")
Edition = PublicEdition | FullEdition


def full_html(session: Session, unlocks: Iterable[Unlock]) -> dict[int, str]:
    """Return the HTML of the full editions that these unlocks open, by document."""
    return _column(session, FullEdition.html, unlocks)


def full_changes(session: Session, unlocks: Iterable[Unlock]) -> dict[int, datetime]:
    """Return when the full editions that these unlocks open last changed, by document."""
    return _column(session, FullEdition.changed_at, unlocks)


def full_sources(session: Session, unlocks: Iterable[Unlock]) -> dict[int, Source]:
    """Return the sources of the documents that these unlocks open: of what is published, else the latest."""
    ids = [unlock.document_id for unlock in unlocks]
    query = (
        select(Revision.document_id, Revision.id, Revision.source, Revision.format)
        .join(Document, Document.id == Revision.document_id)
        .outerjoin(FullEdition, FullEdition.document_id == Document.id)
        .where(Document.id.in_(ids), Revision.number == func.coalesce(FullEdition.revision, Document.revisions))
    )
    rows = session.execute(query).all()
    return {row.document_id: Source(row.source, row.format, row.id) for row in rows}


def full_texts(session: Session, unlocks: Iterable[Unlock]) -> dict[int, str]:
    """Return the text of the full editions that these unlocks open, by document."""
    return _column(session, FullEdition.text, unlocks)


def full_contents(session: Session, unlocks: Iterable[Unlock]) -> dict[int, tuple[TocEntry, ...]]:
    """Return all headings of the full editions that these unlocks open, by document."""
    return {id_: toc_of(rows) for id_, rows in _column(session, FullEdition.toc_rows, unlocks).items()}


def _column(session: Session, column: Mapped[_T], unlocks: Iterable[Unlock]) -> dict[int, _T]:
    ids = [unlock.document_id for unlock in unlocks]
    query = select(FullEdition.document_id, column).where(FullEdition.document_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query)} if ids else {}


_OF_DOCUMENT = PreparedQuery(
    (FullEdition,), lambda query: query.where(FullEdition.document_id == bindparam("document"))
)


def read_full(session: Session, unlock: Unlock) -> FullEdition:
    """Return the full edition that the unlock opens."""
    found = _OF_DOCUMENT.first(session, document=unlock.document_id)
    assert found is not None
    edition: FullEdition = found[0]
    return edition


def edition_blocks(session: Session, edition: Edition) -> Blocks | None:
    """Return the tree of an edition at hand, None where there is none yet; a full one at hand was had by an unlock."""
    kind = type(edition)
    of_it = (kind.document_id == edition.document_id, kind.revision == edition.revision)
    tree = session.scalar(select(kind.tree).where(*of_it))
    return None if tree is None else linked_blocks(session, read_blocks(tree), edition.document_id)


def documents_showing(session: Session, hash_: str) -> list[Document]:
    """Return the documents whose full editions show a picture, to ask of each who may read it."""
    query = select(Document).join(FullImage, FullImage.document_id == Document.id)
    return list(session.scalars(query.where(FullImage.hash == hash_).order_by(Document.id)))


def is_shown_in_full(session: Session, unlock: Unlock, hash_: str) -> bool:
    """Whether the full edition that the unlock opens shows a picture."""
    return session.get(FullImage, (hash_, unlock.document_id)) is not None

"""Which pictures are kept, which a source asks for by which address, and which an edition shows."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.documents.full_editions import Edition, FullImage
from webapp.documents.image_import import ImportedImage
from webapp.documents.models import Document, PublicEdition, State
from webapp.kit.table_base import Base
from webapp.manuscript import ImageFile

_HASH_LENGTH = 64


class StoredImage(Base):
    """A picture that is kept in a file, by the SHA-256 of its bytes; the same one is kept once."""

    __tablename__ = "images"

    hash: Mapped[str] = mapped_column(String(_HASH_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    created_at: Mapped[datetime]


class RevisionImage(Base):
    """A picture that a source asks for, by the address that stands in it."""

    __tablename__ = "revision_images"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(2000), primary_key=True)
    hash: Mapped[str] = mapped_column(ForeignKey("images.hash"), index=True)


class PublicImage(Base):
    """A picture that a public edition shows; it goes with the edition."""

    __tablename__ = "public_images"
    __shown__ = True

    hash: Mapped[str] = mapped_column(ForeignKey("images.hash"), primary_key=True)
    document_id: Mapped[int] = mapped_column(
        ForeignKey("public_editions.document_id", ondelete="CASCADE"), primary_key=True, index=True
    )


def store_revision_images(
    session: Session, revision_id: int, images: Mapping[str, ImportedImage], moment: datetime
) -> None:
    """Note which pictures a revision asks for; their files are kept already."""
    for address, image in images.items():
        file = image.file
        hash_, _, kind = file.name.partition(".")
        if session.get(StoredImage, hash_) is None:
            size = {"width": file.width, "height": file.height, "bytes": image.size}
            session.add(StoredImage(hash=hash_, kind=kind, created_at=moment, **size))
            session.flush()
        session.add(RevisionImage(revision_id=revision_id, address=address, hash=hash_))


def revision_images(session: Session, revision_id: int) -> dict[str, ImageFile]:
    """Return the pictures of a revision by the addresses in its source."""
    columns = (RevisionImage.address, StoredImage.hash, StoredImage.kind, StoredImage.width, StoredImage.height)
    query = select(*columns).join(StoredImage, StoredImage.hash == RevisionImage.hash)
    rows = session.execute(query.where(RevisionImage.revision_id == revision_id))
    return {row.address: ImageFile(f"{row.hash}.{row.kind}", row.width, row.height) for row in rows}


def store_shown_images(session: Session, edition: Edition, names: Iterable[str]) -> None:
    """Note which pictures an edition shows, in place of those it showed before; its row is there."""
    table = PublicImage if isinstance(edition, PublicEdition) else FullImage
    id_, shown = edition.document_id, {name.partition(".")[0] for name in names}
    before = set(session.scalars(select(table.hash).where(table.document_id == id_)))
    if gone := before - shown:
        session.execute(delete(table).where(table.document_id == id_, table.hash.in_(gone)))
    if new := sorted(shown - before):
        session.execute(insert(table), [{"hash": hash_, "document_id": id_} for hash_ in new])


def is_kept(session: Session, name: str) -> bool:
    """Whether a picture of this name was kept, wherever its file is now."""
    hash_, _dot, kind = name.partition(".")
    return session.scalar(select(StoredImage.kind).where(StoredImage.hash == hash_)) == kind


def is_shown_publicly(session: Session, hash_: str) -> bool:
    """Whether a published document shows a picture to everybody; asked of public editions alone."""
    published = select(PublicImage.hash).join(Document, Document.id == PublicImage.document_id)
    shown = published.where(PublicImage.hash == hash_, Document.state == State.PUBLISHED)
    return session.scalar(shown.limit(1)) is not None

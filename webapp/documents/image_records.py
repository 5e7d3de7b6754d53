"""Which pictures are kept, which a source asks for by which address, and which an edition shows.

Attachments are kept, asked for and given by the same rows and rules; they have no width and no height.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.documents.attachments import ATTACHMENT_TYPES, download_name
from webapp.documents.full_editions import Edition, FullImage
from webapp.documents.image_import import ImportedImage
from webapp.documents.models import Document, PublicEdition, State
from webapp.kit.table_base import Base
from webapp.manuscript import AttachedFile, ImageFile, MediaFile

_HASH_LENGTH = 64


class StoredImage(Base):
    """A picture or an attachment that is kept in a file, by the SHA-256 of its bytes; the same one is kept once."""

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


class DraftImage(Base):
    """A picture or an attachment that was put into a document while it is written, by the address that it has there."""

    __tablename__ = "draft_images"

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(2000), primary_key=True)
    hash: Mapped[str] = mapped_column(ForeignKey("images.hash"), index=True)
    created_at: Mapped[datetime]


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
        hash_ = note_kept(session, image, moment)
        session.add(RevisionImage(revision_id=revision_id, address=address, hash=hash_))


def note_kept(session: Session, image: ImportedImage, moment: datetime) -> str:
    """Note that the file of a picture or an attachment is kept; return its hash."""
    file = image.file
    hash_, _, kind = file.name.partition(".")
    if session.get(StoredImage, hash_) is None:
        width, height = (file.width, file.height) if isinstance(file, ImageFile) else (0, 0)
        row = {"hash": hash_, "kind": kind, "width": width, "height": height, "bytes": image.size}
        session.add(StoredImage(created_at=moment, **row))
        session.flush()
    return hash_


def copy_revision_images(session: Session, revision_id: int, to_id: int) -> None:
    """Have a revision ask for the same files as another."""
    of_it = select(RevisionImage.address, RevisionImage.hash).where(RevisionImage.revision_id == revision_id)
    rows = session.execute(of_it)
    session.add_all(RevisionImage(revision_id=to_id, address=row.address, hash=row.hash) for row in rows)
    session.flush()


def revision_images(session: Session, revision_id: int) -> dict[str, MediaFile]:
    """Return the pictures and attachments of a revision by the addresses in its source."""
    query = select(RevisionImage.address, StoredImage).join(StoredImage, StoredImage.hash == RevisionImage.hash)
    rows = session.execute(query.where(RevisionImage.revision_id == revision_id))
    return {address: media_file(address, stored) for address, stored in rows}


def draft_images(session: Session, document_id: int) -> dict[str, MediaFile]:
    """Return what was put into a document while it was written, by the addresses that it has there."""
    query = select(DraftImage.address, StoredImage).join(StoredImage, StoredImage.hash == DraftImage.hash)
    rows = session.execute(query.where(DraftImage.document_id == document_id))
    return {address: media_file(address, stored) for address, stored in rows}


def media_file(address: str, stored: StoredImage) -> MediaFile:
    """Return a kept file as a text shows it that gives this address."""
    name = f"{stored.hash}.{stored.kind}"
    if stored.kind in ATTACHMENT_TYPES:
        return AttachedFile(name, download_name(address))
    return ImageFile(name, stored.width, stored.height)


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


def is_known(session: Session, hash_: str) -> bool:
    """Whether a picture of this hash was kept, be it shown or not."""
    return session.get(StoredImage, hash_) is not None


def is_shown_publicly(session: Session, hash_: str) -> bool:
    """Whether a published document shows a picture to everybody; asked of public editions alone."""
    published = select(PublicImage.hash).join(Document, Document.id == PublicImage.document_id)
    shown = published.where(PublicImage.hash == hash_, Document.state == State.PUBLISHED)
    return session.scalar(shown.limit(1)) is not None

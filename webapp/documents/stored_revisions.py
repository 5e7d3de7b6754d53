"""What is asked of the revisions of a document: their sources, and what those say."""

from collections.abc import Iterable

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from webapp.documents.full_editions import FullEdition, Revision, Source
from webapp.documents.image_records import RevisionImage, StoredImage, draft_images, media_file, revision_images
from webapp.documents.models import Document, DocumentTag
from webapp.documents.preparation import PreparedSource
from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _
from webapp.manuscript import Checked, Manuscript, MediaFile, SourceFormat, check, parse_manuscript


def stored_sources(session: Session, keys: list[str]) -> dict[str, tuple[str, SourceFormat]]:
    """Return the text and format of the latest revisions, by the names of their sources."""
    latest = and_(Revision.document_id == Document.id, Revision.number == Document.revisions)
    query = select(Document.source_key, Revision.source, Revision.format).join(Revision, latest)
    return {str(key): (text, fmt) for key, text, fmt in session.execute(query.where(Document.source_key.in_(keys)))}


def is_latest(session: Session, document: Document, prepared: PreparedSource) -> bool:
    """Whether a source is stored already: the same text and pictures, of the same format, are the latest revision."""
    latest = select(Revision.source, Revision.format, Revision.id).where(
        Revision.document_id == document.id, Revision.number == document.revisions
    )
    row = session.execute(latest).one_or_none()
    if row is None or (row.source, row.format) != (prepared.checked.manuscript.as_written, prepared.format):
        return False
    return revision_images(session, row.id) == {address: image.file for address, image in prepared.images.items()}


def last_published(session: Session, document: Document) -> int:
    """Return the number of the revision that is published, or was before it was withdrawn; 0 where none was."""
    return session.scalar(select(FullEdition.revision).where(FullEdition.document_id == document.id)) or 0


def get_manuscripts(session: Session, document: Document, numbers: Iterable[int]) -> dict[int, Manuscript]:
    """Return what the markers of revisions say, by number; of those there are."""
    of_these = (Revision.document_id == document.id, Revision.number.in_(set(numbers)))
    rows = session.execute(select(Revision.number, Revision.source).where(*of_these)).all()
    return {number: parse_manuscript(source) for number, source in rows}


def latest_source(session: Session, document: Document) -> Source:
    """Return the latest revision of a document as it came in."""
    row = session.execute(
        select(Revision.id, Revision.source, Revision.format).where(
            Revision.document_id == document.id, Revision.number == document.revisions
        )
    ).one()
    return Source(row.source, row.format, row.id)


def check_revision(session: Session, document: Document, number: int) -> Checked:
    """Return a revision of a document, checked; raise ConflictError where there is none, but a draft."""
    of_it = (Revision.document_id == document.id, Revision.number == number)
    revision = session.scalars(select(Revision).where(*of_it)).one_or_none()
    if revision is None:
        sentence = _("%(slug)s is a draft that was never published.", slug=document.slug)
        raise ConflictError(sentence, _("Publish it at the desk."))
    tags = session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == document.id))
    return check(
        revision.source,
        revision.format,
        title_hint=document.title,
        tags=tuple(tags),
        slug=document.slug,
        images=revision_images(session, revision.id),
    )


def document_images(session: Session, document_id: int) -> dict[str, MediaFile]:
    """Return what a document can show by its addresses: what its draft was given, then what its revisions had."""
    rows = session.execute(
        select(RevisionImage.address, StoredImage)
        .join(StoredImage, StoredImage.hash == RevisionImage.hash)
        .join(Revision, Revision.id == RevisionImage.revision_id)
        .where(Revision.document_id == document_id)
        .order_by(Revision.number)
    )
    of_revisions = {address: media_file(address, stored) for address, stored in rows}
    return draft_images(session, document_id) | of_revisions

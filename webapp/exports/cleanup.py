"""What was made of editions that are no more is forgotten, whoever ended them and wherever a making ended."""

from sqlalchemy import select

from webapp.documents.models import PublicEdition
from webapp.exports.file_formats import EditionSide, ExportKey, FileFormat
from webapp.exports.file_store import FileStore
from webapp.kit import clock
from webapp.kit.database import Database

_EDITIONS = select(PublicEdition.document_id, PublicEdition.revision, PublicEdition.updated_at)


def delete_outdated_files(store: FileStore, database: Database) -> int:
    """Forget the files of documents that were withdrawn or published anew; return how many.

    Both editions of a document are written at once, so that the public one tells of both. Who bought a document that
    was withdrawn has its files made anew.
    """
    kept = store.documents()
    with database.reading() as session:
        editions = [edition for edition in session.execute(_EDITIONS) if edition[0] in kept]
    current = (
        ExportKey(document_id, side, kind, revision, updated_at)
        for document_id, revision, updated_at in editions
        for side in EditionSide
        for kind in FileFormat
    )
    return store.keep_only(current, clock.now())

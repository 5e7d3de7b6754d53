"""What was made of editions that are no more is forgotten, whoever ended them and wherever a making ended."""

from sqlalchemy import select

from webapp.documents.models import PublicEdition
from webapp.exports.export_store import ExportStore
from webapp.exports.file_formats import EditionSide, ExportKey, FileFormat
from webapp.kit import clock
from webapp.kit.database import Database

_EDITIONS = select(PublicEdition.document_id, PublicEdition.revision, PublicEdition.updated_at)


def delete_outdated_files(store: ExportStore, database: Database) -> int:
    """Forget the files of documents that were withdrawn or published anew; return how many.

    Both editions of a document are written at once, so that the public one tells of both. Who bought a document that
    was withdrawn has its files made anew.
    """
    files = list(store.files())
    documents = {document for document, _file in files}
    with database.reading() as session:
        editions = [edition for edition in session.execute(_EDITIONS) if edition[0] in documents]
    current = (
        ExportKey(document_id, side, kind, revision, updated_at)
        for document_id, revision, updated_at in editions
        for side in EditionSide
        for kind in FileFormat
    )
    return store.forget_others((file for _document, file in files), current, clock.machine_now())

"""Pictures that no text asks for any more are forgotten, and their files deleted a day after."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.documents.full_editions import FullImage
from webapp.documents.image_records import PublicImage, RevisionImage, StoredImage
from webapp.documents.image_store import ImageStore
from webapp.kit import clock
from webapp.kit.database import Database

_SPARED = timedelta(days=1)  # an import keeps its pictures before the texts that ask for them


def delete_unused_images(store: ImageStore, database: Database) -> int:
    """Forget the pictures that no revision asks for, and delete files a day after that; return how many of these.

    So a copy of the database, made before one of the folder, finds all that it names.
    """
    before, written_before = clock.now() - _SPARED, clock.machine_now() - _SPARED
    asked_for = (select(table.hash) for table in (RevisionImage, PublicImage, FullImage))
    unused = (StoredImage.created_at < before, *(StoredImage.hash.not_in(hashes) for hashes in asked_for))

    def forget(session: Session) -> list[str]:
        gone = session.execute(delete(StoredImage).where(*unused).returning(StoredImage.hash, StoredImage.kind))
        return [f"{hash_}.{kind}" for hash_, kind in gone]

    with database.reading() as session:
        has_unused = session.scalar(select(StoredImage.hash).where(*unused).limit(1)) is not None
    if has_unused:
        for name in database.write(forget):
            store.touch(name)
    with database.reading() as session:
        names = {f"{hash_}.{kind}" for hash_, kind in session.execute(select(StoredImage.hash, StoredImage.kind))}
    return store.keep_only(names, written_before.timestamp())

"""Carrying pictures over from a folder to a bucket, and back; each file's name says what its bytes must be."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from webapp.documents.image_store import ImageStore
from webapp.kit.file_store import FileStore


class FileCopy(StrEnum):
    """What became of a file."""

    COPIED = "copied"
    THERE = "there"
    DAMAGED = "damaged"  # its bytes are not those that its name says


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file of the source, its bytes, and what became of it."""

    name: str
    size: int
    did: FileCopy


def copy_pictures(source: FileStore, target: FileStore) -> Iterator[CopiedFile]:
    """Yield what became of each picture of a source: what is in the target already is not copied again.

    What was copied is read back; the source stays as it is. Raise FilesUnavailableError, OSError.
    """
    there = {file.name: file.size for file in ImageStore(target).files()}
    for file in ImageStore(source).files():
        if there.get(file.name) == file.size:
            yield CopiedFile(file.name, file.size, FileCopy.THERE)
            continue
        data = source.read(file.name)
        if data is None:
            continue  # somebody deletes what nobody needs any more
        if not _is_right(file.name, data):
            yield CopiedFile(file.name, file.size, FileCopy.DAMAGED)
            continue
        if file.name in there:
            target.delete(file.name)
        target.keep(file.name, data)
        is_right = _is_right(file.name, target.read(file.name) or b"")
        yield CopiedFile(file.name, len(data), FileCopy.COPIED if is_right else FileCopy.DAMAGED)


def _is_right(name: str, data: bytes) -> bool:
    """Return whether bytes are those that the name of a picture says: their SHA-256."""
    return sha256(data).hexdigest() == name.rpartition("/")[2].partition(".")[0]

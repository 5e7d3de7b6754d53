"""Files that were made, each kept until its edition changes; reached only behind what opens the document."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import BinaryIO

from webapp.exports.file_formats import EditionSide, ExportKey, FileFormat
from webapp.kit.file_store import FileStore, KeptFile

_FOLDER = "exports"
_LONGEST_MAKING = timedelta(hours=1)
_WRITTEN_BY = 4  # grows when the same revision would be written, or rendered, in another way


@dataclass(frozen=True, slots=True)
class ExportStore:
    """Files of editions; `house` is what their bytes depend on besides the edition: names, addresses, fonts."""

    kept: FileStore
    house: tuple[str, ...]

    def mark(self, wanted: ExportKey) -> str:
        """Return what tells the bytes of a file from all others, without looking at them."""
        depends_on = (_WRITTEN_BY, *self.house, wanted.document_id, wanted.side, wanted.kind)
        told = "\0".join(map(str, (*depends_on, wanted.revision, wanted.updated_at.isoformat())))
        return sha256(told.encode()).hexdigest()[:32]

    def open(self, wanted: ExportKey) -> BinaryIO | None:
        """Return a file that was made of this very edition; raise FilesUnavailableError."""
        return self.kept.open(self._path(wanted))

    def put(self, wanted: ExportKey, made: bytes) -> None:
        """Keep a file, whole or not at all, and forget what was made of former editions.

        Raise OSError, FilesUnavailableError.
        """
        path = self._path(wanted)
        self.kept.put(path, made)
        of_this = {self._path(replace(wanted, side=side, kind=kind)) for side in EditionSide for kind in FileFormat}
        for file in self.kept.files(path.rpartition("/")[0]):
            if not file.is_hidden and file.name not in of_this:
                self.kept.delete(file.name)

    def files(self) -> Iterator[tuple[int, KeptFile]]:
        """Yield all files, each with the number of its document; raise FilesUnavailableError."""
        for file in self.kept.files(_FOLDER):
            document = file.name.split("/")[1]
            if document.isdecimal():
                yield int(document), file

    def forget_others(self, files: Iterable[KeptFile], current: Iterable[ExportKey], moment: datetime) -> int:
        """Forget those of some files that are not current, or were never finished, an hour after; return how many."""
        kept = {self._path(wanted) for wanted in current}
        begun = (moment - _LONGEST_MAKING).timestamp()
        gone = 0
        for file in files:
            if file.name not in kept and (not file.is_hidden or file.changed_at < begun):
                self.kept.delete(file.name)
                gone += 1
        return gone

    def _path(self, wanted: ExportKey) -> str:
        return f"{_FOLDER}/{wanted.document_id}/{wanted.side}-{self.mark(wanted)}.{wanted.kind}"

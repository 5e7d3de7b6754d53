"""Files that were made, each kept until its edition changes; reached only behind what opens the document."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from webapp.exports.file_formats import EditionSide, ExportKey, FileFormat

_LONGEST_MAKING = timedelta(hours=1)
_WRITTEN_BY = 4  # grows when the same revision would be written, or rendered, in another way


@dataclass(frozen=True, slots=True)
class FileStore:
    """A folder of files; `house` is what their bytes depend on besides the edition: names, addresses, fonts."""

    folder: Path
    house: tuple[str, ...]

    def mark(self, wanted: ExportKey) -> str:
        """Return what tells the bytes of a file from all others, without looking at them."""
        depends_on = (_WRITTEN_BY, *self.house, wanted.document_id, wanted.side, wanted.kind)
        told = "\0".join(map(str, (*depends_on, wanted.revision, wanted.updated_at.isoformat())))
        return sha256(told.encode()).hexdigest()[:32]

    def get(self, wanted: ExportKey) -> bytes | None:
        """Return a file that was made of this very edition; none, too, where the folder cannot be read."""
        try:
            return self._path(wanted).read_bytes()
        except OSError:
            return None

    def put(self, wanted: ExportKey, made: bytes) -> None:
        """Keep a file, whole or not at all, and forget what was made of former editions; raise OSError."""
        path = self._path(wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            half = Path(file.name)
            try:
                file.write(made)
                file.flush()
                half.replace(path)
            except OSError:
                half.unlink(missing_ok=True)
                raise
        of_this = {self._path(replace(wanted, side=side, kind=kind)) for side in EditionSide for kind in FileFormat}
        for other in set(path.parent.glob("[!.]*")) - of_this:
            other.unlink(missing_ok=True)

    def documents(self) -> set[int]:
        """Return which documents there are files of."""
        return {int(folder.name) for folder in self.folder.glob("*") if folder.name.isdecimal()}

    def keep_only(self, current: Iterable[ExportKey], moment: datetime) -> int:
        """Forget all other files, and those that were never finished, an hour after; return how many."""
        kept = {self._path(wanted) for wanted in current}
        begun = (moment - _LONGEST_MAKING).timestamp()
        gone = 0
        for path in set(self.folder.glob("*/*")) - kept:
            with suppress(FileNotFoundError):  # somebody else was faster
                if not path.name.startswith(".") or path.stat().st_mtime < begun:
                    path.unlink()
                    gone += 1
        return gone

    def _path(self, wanted: ExportKey) -> Path:
        return self.folder / str(wanted.document_id) / f"{wanted.side}-{self.mark(wanted)}.{wanted.kind}"

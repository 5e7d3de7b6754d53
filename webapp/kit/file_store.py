"""Where an installation keeps files, by names like `uploads/ab/abcd.png`: in its folder, or in a bucket."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Protocol

from webapp.kit.errors import PaidspanError
from webapp.kit.translatable import _
from webapp.settings import Settings

HELD_IN_MEMORY = 1_000_000  # bytes of a file that is handed out; a longer one is read as it is sent
PROBE = "uploads/.check/.probe"  # written and deleted by who looks whether files can be kept
UPLOADS = "uploads"
_HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{12,}\b")
HIDDEN = "."  # begins the names of halves of files, and of those that were put aside


class FilesUnavailableError(PaidspanError):
    """What keeps the files does not answer, or refuses; `reason` is for the log and for who runs a command."""

    status = 503
    hint = _("Texts can be read as before. Please try again in a minute.")

    def __init__(self, reason: str) -> None:
        super().__init__(_("Pictures and files cannot be fetched or kept right now."))
        self.reason = reason
        self.headers = {"Retry-After": "10"}


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is kept: its name, its bytes, and when it was written or last wanted (Unix)."""

    name: str
    size: int
    changed_at: float

    @property
    def is_hidden(self) -> bool:
        """Whether it is half of a file, or was put aside."""
        return self.name.rpartition("/")[2].startswith(HIDDEN)


class FileStore(Protocol):
    """Keeps files whole or not at all.

    A bucket raises FilesUnavailableError, a folder OSError where it cannot write.
    """

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None where there is none."""

    def open(self, name: str) -> BinaryIO | None:
        """Return a file, open for reading, None where there is none."""

    def put(self, name: str, data: bytes) -> None:
        """Write a file that may be lost when the power fails, for it can be made again."""

    def keep(self, name: str, data: bytes) -> None:
        """Have a file whose name stands for its bytes, there after any kill, and note that it was wanted."""

    def touch(self, name: str) -> None:
        """Note that a file was wanted now, where it is there."""

    def files(self, folder: str) -> Iterator[KeptFile]:
        """Yield what is kept below a folder."""

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""

    def delete_unwanted(self, name: str, before: float) -> bool:
        """Delete a file of `keep` that nobody wanted since a time (Unix); return whether it is gone.

        Somebody may want it this very moment, and have it all the same.
        """

    def check(self) -> None:
        """Try all that is done with files; raise FilesUnavailableError where any of it fails."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Files in a folder."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file; none, too, where it cannot be read."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def open(self, name: str) -> BinaryIO | None:
        """Return a file, a long one open for reading; none, too, where it cannot be read."""
        try:
            file = (self.folder / name).open("rb")
            if os.fstat(file.fileno()).st_size > HELD_IN_MEMORY:
                return file
            with file:
                return BytesIO(file.read())
        except OSError:
            return None

    def put(self, name: str, data: bytes) -> None:
        """Write a file beside its place and put it there."""
        self._write(name, data, lasting=False)

    def keep(self, name: str, data: bytes) -> None:
        """Have a file on the disk, its name included."""
        if self._touched(name):
            return
        path = self.folder / name
        self._write(name, data, lasting=True)
        for folder in (path.parent, path.parent.parent):
            sync_folder(folder)

    def touch(self, name: str) -> None:
        """Note that a file was wanted now, by its date."""
        self._touched(name)

    def files(self, folder: str) -> Iterator[KeptFile]:
        """Yield what is kept below a folder."""
        for path in (self.folder / folder).rglob("*"):
            with suppress(FileNotFoundError):  # somebody else was faster
                if path.is_file():
                    told = path.stat()
                    yield KeptFile(path.relative_to(self.folder).as_posix(), told.st_size, told.st_mtime)

    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.folder / name).unlink(missing_ok=True)

    def delete_unwanted(self, name: str, before: float) -> bool:
        """Put a file aside and delete it there.

        An import that wants it now finds none and writes it, or was seen to have come first.
        """
        path = self.folder / name
        aside = path.with_name(f"{HIDDEN}{path.name}" if not path.name.startswith(HIDDEN) else path.name)
        try:
            if path.stat().st_mtime >= before:
                return False
            path.replace(aside)
            if aside.stat().st_mtime >= before:
                aside.replace(path)
                return False
            aside.unlink()
        except FileNotFoundError:
            return False  # somebody else was faster
        return True

    def check(self) -> None:
        """Write, list, read and delete a small file."""
        try:
            self.keep(PROBE, b"paidspan")
            list(self.files(UPLOADS))
            (self.folder / PROBE).read_bytes()
            self.delete(PROBE)
        except OSError as error:
            raise FilesUnavailableError(str(error)) from error

    def _touched(self, name: str) -> bool:
        try:
            os.utime(self.folder / name)
        except FileNotFoundError:
            return False
        return True

    def _write(self, name: str, data: bytes, *, lasting: bool) -> None:
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=HIDDEN, delete=False) as file:
            half = Path(file.name)
            try:
                file.write(data)
                file.flush()
                if lasting:
                    os.fsync(file.fileno())
                half.replace(path)
            except OSError:
                half.unlink(missing_ok=True)
                raise


def file_store(settings: Settings) -> FileStore:
    """Return where an installation keeps its files; raise SettingsError where a library for that is missing."""
    return file_store_at(settings.storage_url or str(settings.instance))


@cache
def file_store_at(place: str) -> FileStore:
    """Return what keeps files in a folder, or under the address of a bucket."""
    if not place.startswith("s3://"):
        return FolderStore(Path(place))
    from webapp.kit.bucket_store import BucketStore  # noqa: PLC0415 - few installations have a bucket

    return BucketStore(place)


def logged_name(name: str) -> str:
    """Return a name with the beginnings of its hashes, by which it is found; whole ones pass for secrets in logs."""
    return _HASH.sub(r"\1…", name)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk, too, where its file system can (CIFS cannot)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)

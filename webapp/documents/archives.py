"""Zip archives from anywhere: what may be unpacked of them, and a sentence about the rest."""

import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from webapp.documents.attachments import is_attachment_path
from webapp.kit.translatable import _

MOST_MEMBERS = 200_000
MOST_UNPACKED = 4_000_000_000  # bytes
LONGEST_NAME, LONGEST_PATH = 255, 1000  # bytes of a part, as file systems have it; characters of all, as documents do
_MOST_DIRECTORY = 40_000_000  # bytes that tell of the members
_BOMB, _BOMB_FROM = (
    200,
    100_000_000,
)  # how many times its size an archive unpacks to, and from which size on that counts
_UTF8_NAMES, _ENCRYPTED = 0x800, 0x1  # flags of a member: its name is UTF-8; it wants a password
_ENDINGS = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".cab", ".iso"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_END, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_DIRECTORY_SIZE = 12  # where the end of an archive says how many bytes its directory has (APPNOTE 4.3.16)
_UNKNOWN = 0xFFFFFFFF


class ArchiveError(Exception):
    """An archive, or something in one, that is not unpacked: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its path, and why it is not unpacked where it is not; `is_skipped` if on purpose."""

    name: str
    info: zipfile.ZipInfo
    refusal: ArchiveError | None = None
    is_skipped: bool = False


class Archive:
    """A zip archive that is open; raise ArchiveError for one that is none, or is a bomb, OSError."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            _refuse_long_directory(file)
        try:
            self._file = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _damaged() from error
        infos = [info for info in self._file.infolist() if not info.is_dir()]
        _refuse_bombs(infos, path.stat().st_size)
        self.members = tuple(sorted(_members(infos), key=lambda member: member.name))
        self._sound = {member.name: member.info for member in self.members if not member.refusal}

    def read(self, name: str, most: int) -> bytes:
        """Return the bytes of a member and one more where it has more; raise ArchiveError, KeyError."""
        info = self._sound[name]
        try:
            with self._file.open(info) as file:
                return file.read(most + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise ArchiveError("unreadable", _("This file of the archive cannot be unpacked.")) from error

    def size(self, name: str) -> int:
        """Return how many bytes a member says it has; it is never read beyond them."""
        return self._sound[name].file_size

    @property
    def names(self) -> tuple[str, ...]:
        """The paths of all members that can be read."""
        return tuple(self._sound)


def decoded_name(raw: bytes) -> str:
    """Return a name of the disk or of an archive; bytes that are no UTF-8 come from Windows in China."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def name_refusal(name: str) -> ArchiveError | None:
    """Return why nothing is known by such a name, None where it is one."""
    parts = PurePosixPath(name).parts
    if ".." in parts or _DRIVE.match(name):
        return ArchiveError("unsafe-name", _("This name leads out of the archive; what it is of is not read."))
    if len(name) > LONGEST_PATH or any(len(part.encode(errors="replace")) > LONGEST_NAME for part in parts):
        return ArchiveError("unsafe-name", _("This name is too long; give the file a shorter one."))
    if _CONTROLS.search(name):
        return ArchiveError("unsafe-name", _("This name holds signs that no name has; give the file another one."))
    return None


def _members(infos: list[zipfile.ZipInfo]) -> Iterator[Member]:
    seen: set[str] = set()
    for info in infos:
        name = _member_name(info).replace("\\", "/").lstrip("/")
        refusal = name_refusal(name) or _refusal(info)
        if refusal is None and name in seen:
            refusal = ArchiveError("same-name", _("Two files of the archive have this name; only one of them is read."))
        seen.add(name)
        is_nested = refusal is None and _is_nested(name)
        yield Member(name, info, _nested() if is_nested else refusal, is_skipped=is_nested)


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; Windows in China writes it in GBK without saying so."""
    return info.filename if info.flag_bits & _UTF8_NAMES else decoded_name(info.filename.encode("cp437", "replace"))


def _refusal(info: zipfile.ZipInfo) -> ArchiveError | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return ArchiveError("link-outside", _("This is a link, and none is followed out of an archive."))
    if kind not in {0, stat.S_IFREG}:
        return ArchiveError("unreadable", _("This is neither a file nor a folder."))
    if info.flag_bits & _ENCRYPTED:
        return ArchiveError("unreadable", _("This file of the archive wants a password; pack it without one."))
    return None


def _is_nested(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _ENDINGS and not is_attachment_path(name)


def _nested() -> ArchiveError:
    return ArchiveError("nested-archive", _("An archive in an archive is not unpacked; import it by itself."))


def _refuse_long_directory(file: IO[bytes]) -> None:
    """Raise ArchiveError where the members could not even be listed without much memory."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise _damaged()
    (told,) = struct.unpack_from("<L", tail, at + _DIRECTORY_SIZE)
    if (size if told == _UNKNOWN else told) > _MOST_DIRECTORY:
        raise _too_many()


def _refuse_bombs(infos: list[zipfile.ZipInfo], size: int) -> None:
    if len(infos) > MOST_MEMBERS:
        raise _too_many()
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MOST_UNPACKED or (unpacked > _BOMB_FROM and unpacked > size * _BOMB):
        most = MOST_UNPACKED // 1_000_000
        sentence = _(
            "This archive is not unpacked: it would take more than %(most)s MB, or %(times)s times its own size.",
            most=most,
            times=_BOMB,
        )
        raise ArchiveError("archive-bomb", sentence)


def _too_many() -> ArchiveError:
    return ArchiveError("archive-bomb", _("This archive holds more than %(most)s files; divide it.", most=MOST_MEMBERS))


def _damaged() -> ArchiveError:
    return ArchiveError("unreadable", _("This is not a zip archive, or it is damaged."))

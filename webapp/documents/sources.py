"""Where manuscripts come from: files, folders, zip archives and standard input, read one at a time."""

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from webapp.documents.files_beside import NOTHING_BESIDE, FilesBeside, FileTree, tree_of_archive, tree_of_folder
from webapp.kit.translatable import _
from webapp.manuscript import FindingCode, Severity, SourceFormat

STANDARD_INPUT = "-"


class SourceKind(StrEnum):
    """A kind of file that can be read."""

    TEXT = "text"
    MARKDOWN = "markdown"
    DOCX = "docx"
    HTML = "html"

    @property
    def manuscript_format(self) -> SourceFormat:
        """How the manuscript is read that is made of such a file."""
        return SourceFormat.TEXT if self is SourceKind.TEXT else SourceFormat.MARKDOWN


SOURCE_SUFFIXES = {
    ".txt": SourceKind.TEXT,
    ".md": SourceKind.MARKDOWN,
    ".markdown": SourceKind.MARKDOWN,
    ".docx": SourceKind.DOCX,
    ".html": SourceKind.HTML,
    ".htm": SourceKind.HTML,
}
UNREAD_SUFFIXES = (".doc", ".docm", ".dot", ".dotx", ".dotm")  # Word's own, which hold programs or are of another time
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg"}  # which texts ask for
_UTF8_NAMES = 0x800  # the zip flag that says a member's name is UTF-8


class SourceError(Exception):
    """A source that cannot be read: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One manuscript that can be read.

    `key` is what it is known by (its path relative to the given root, None for standard input), `shown` how messages
    name it, `suffix` its ending in lower case, `read()` its bytes (raises SourceError), `beside` finds its pictures.
    """

    key: str | None
    shown: str
    suffix: str
    read: Callable[[], bytes]
    beside: FilesBeside = NOTHING_BESIDE

    @property
    def stem(self) -> str:
        """The bare name, which stands in for a title where the text has none."""
        return PurePosixPath(self.key or "").stem


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A path that is no source, and why; a warning where it is left out on purpose."""

    shown: str
    error: SourceError
    severity: Severity = Severity.ERROR


def find_sources(
    paths: list[str], most_bytes: int, standard_input: BinaryIO, skipped: Counter[str] | None = None
) -> Iterator[SourceFile | Unreadable]:
    """Yield what the paths hold, in order; folders and archives give the manuscripts in them, sorted by name.

    What else is in these is counted in `skipped`, by its suffix.
    """
    skipped = Counter() if skipped is None else skipped
    for path in paths:
        if path == STANDARD_INPUT:
            yield SourceFile(None, STANDARD_INPUT, "", lambda: _bounded(standard_input, most_bytes))
            continue
        try:
            yield from _sources_of(Path(path), _readable(path), most_bytes, skipped)
        except OSError as error:
            yield Unreadable(_readable(path), _os_error(error))


def _sources_of(path: Path, shown: str, most_bytes: int, skipped: Counter[str]) -> Iterator[SourceFile | Unreadable]:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        yield from _folder(path, most_bytes, skipped)
    elif not stat.S_ISREG(mode):
        yield Unreadable(shown, SourceError("unreadable", _("This is neither a file nor a folder.")))
    elif path.suffix.lower() == ".zip":
        yield from _archive(path, shown, most_bytes, skipped)
    else:
        yield _file_in(path.parent, path, most_bytes, tree_of_folder(path.parent))


def _folder(root: Path, most_bytes: int, skipped: Counter[str]) -> Iterator[SourceFile | Unreadable]:
    problems: list[OSError] = []
    tree = tree_of_folder(root)
    for folder, subfolders, names in os.walk(root, onerror=problems.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if _is_wanted(name, path.suffix, skipped):
                is_link, file = path.is_symlink(), _file_in(root, path, most_bytes, tree)
                yield from _linked(root, path, most_bytes) if is_link else [file]
        yield from _folders_outside(root, Path(folder), subfolders)
        while problems:
            error = problems.pop(0)
            yield Unreadable(_readable(str(error.filename or root)), _os_error(error))
    for error in problems:
        yield Unreadable(_readable(str(error.filename or root)), _os_error(error))


def _file_in(root: Path, path: Path, most_bytes: int, tree: FileTree) -> SourceFile:
    key = _readable(path.relative_to(root).as_posix())
    read, beside = partial(_file_bytes, path, most_bytes), FilesBeside(tree, key)
    return SourceFile(key, _readable(str(path)), path.suffix.lower(), read, beside)


def _linked(root: Path, link: Path, most_bytes: int) -> Iterator[SourceFile | Unreadable]:
    """Yield what a link leads to, unless that is outside of the folder, or read where it stands itself."""
    target = Path(os.path.realpath(link))
    inside = _within(root, target)
    if inside is None:
        yield _outside(link)
    elif not _is_manuscript(target.suffix) or any(part.startswith(".") for part in inside.parts):
        key = _readable(link.relative_to(root).as_posix())
        yield SourceFile(key, _readable(str(link)), link.suffix.lower(), lambda: _file_bytes(target, most_bytes))


def _folders_outside(root: Path, folder: Path, names: list[str]) -> Iterator[Unreadable]:
    """Yield the folders that are links and lead out; what is in the others is found where it stands itself."""
    for name in names:
        path = folder / name
        if path.is_symlink() and _within(root, Path(os.path.realpath(path))) is None:
            yield _outside(path)


def _within(root: Path, target: Path) -> Path | None:
    real = Path(os.path.realpath(root))
    return target.relative_to(real) if target.is_relative_to(real) else None


def _outside(link: Path) -> Unreadable:
    sentence = _("This link leads out of the folder and is not followed; copy the file, or name it by itself.")
    return Unreadable(_readable(str(link)), SourceError(FindingCode.LINK_OUTSIDE, sentence), Severity.WARNING)


def _archive(path: Path, shown: str, most_bytes: int, skipped: Counter[str]) -> Iterator[SourceFile | Unreadable]:
    tree = tree_of_archive(path, _member_name)
    try:
        with zipfile.ZipFile(path) as archive:
            for member in sorted(archive.infolist(), key=lambda info: info.filename):
                name = _member_name(member)
                inside = PurePosixPath(name)
                if not member.is_dir() and _is_wanted(inside.name, inside.suffix, skipped):
                    beside = FilesBeside(tree, name.lstrip("/"))
                    yield replace(_member(archive, member, f"{shown}/{name}", most_bytes), beside=beside)
    except zipfile.BadZipFile:
        yield Unreadable(shown, SourceError("unreadable", _("This is not a zip archive, or it is damaged.")))


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str, most_bytes: int) -> SourceFile:
    name = _member_name(member)

    def read() -> bytes:
        try:
            with archive.open(member) as file:
                return _bounded(file, most_bytes)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise SourceError("unreadable", _("This file of the archive cannot be unpacked.")) from error

    return SourceFile(name.lstrip("/"), shown, PurePosixPath(name).suffix.lower(), read)


def _member_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; Windows in China writes it in GBK without saying so."""
    if member.flag_bits & _UTF8_NAMES:
        return member.filename
    return _named(member.filename.encode("cp437", "replace"))


def _readable(name: str) -> str:
    """Return a name that Python read from the disk; bytes that are no UTF-8 come from Windows in China."""
    return _named(os.fsencode(name))


def _named(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _is_wanted(name: str, suffix: str, skipped: Counter[str]) -> bool:
    """Whether a file in a folder is a manuscript; others are counted, but for hidden ones and pictures of texts."""
    if name.startswith("."):
        return False
    if _is_manuscript(suffix):
        return True
    if suffix.lower() not in _PICTURES:
        skipped[suffix.lower() or name] += 1
    return False


def _is_manuscript(suffix: str) -> bool:
    return suffix.lower() in SOURCE_SUFFIXES or suffix.lower() in UNREAD_SUFFIXES


def _file_bytes(path: Path, most_bytes: int) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SourceError("unreadable", _("This is neither a file nor a folder."))
        if status.st_size > most_bytes:
            raise _too_large(most_bytes)
        with path.open("rb") as file:
            return _bounded(file, most_bytes)
    except OSError as error:
        raise _os_error(error) from error


def _bounded(file: IO[bytes], most_bytes: int) -> bytes:
    data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise _too_large(most_bytes)
    return data


def _too_large(most_bytes: int) -> SourceError:
    most = f"{most_bytes / 1_000_000:g}"
    sentence = _("The file is larger than %(most)s MB; split it, or raise PAIDSPAN_MAX_SOURCE_BYTES.", most=most)
    return SourceError("too-large", sentence)


def _os_error(error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError("not-found", _("There is no such file or folder."))
    if isinstance(error, PermissionError):
        return SourceError("unreadable", _("It may not be read; check who owns it and its permissions."))
    return SourceError("unreadable", _("It cannot be read: %(error)s.", error=error.strerror or error))

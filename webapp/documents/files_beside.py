"""Files that stand beside a text and that it names by relative paths: in its folder or archive, and nowhere else."""

import os
import posixpath
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from webapp.documents.encoded_image import MOST_IMAGE_BYTES, ImageError, image_too_large
from webapp.kit.translatable import Filled, _

_MOST_NAMES = 100_000  # files of a folder that a bare name is looked for among


@dataclass(frozen=True, slots=True)
class FileTree:
    """The files of a folder or an archive: `read` gives one by its path (raises ImageError), `names` all paths."""

    read: Callable[[str], bytes]
    names: Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class FilesBeside:
    """The files beside the text that is known as `key` in a tree; `own` are those that it brings along itself."""

    tree: FileTree
    key: str = ""
    own: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, address: str) -> bytes:
        """Return the bytes of the file that an address in the text means; raise ImageError."""
        return self.own[address] if address in self.own else self.tree.read(_inside(self.key, address))

    def find(self, name: str) -> bytes:
        """Return the bytes of the file of a name: beside the text, at this path, or the only one; raise ImageError."""
        for address in (name, f"/{name}"):
            try:
                return self.read(address)
            except ImageError as error:
                if error.code != "image-missing":
                    raise
        wanted = f"/{_folded(_path_of(name))}"
        found = [path for path in self.tree.names() if f"/{_folded(path)}".endswith(wanted)]
        if len(found) > 1:
            sentence = _("Several files have this name, %(one)s and %(other)s; name one by its path.")
            raise ImageError("image-ambiguous", Filled(sentence, {"one": found[0], "other": found[1]}))
        if not found:
            raise _missing()
        return self.tree.read(found[0])


def _nothing(_path: str) -> bytes:
    raise _missing()


NOTHING_BESIDE = FilesBeside(FileTree(_nothing, lambda: ()))  # what came by itself has nothing beside it


def tree_of_folder(root: Path) -> FileTree:
    """Return the files of a folder; no link leads out of it, and none is found by its name."""

    def read(name: str) -> bytes:
        path = (root / name).resolve()
        try:
            if not path.is_relative_to(root.resolve()):
                raise _outside()
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise _missing()
            if status.st_size > MOST_IMAGE_BYTES:
                raise image_too_large()
            return path.read_bytes()
        except OSError as error:
            raise _missing() from error

    @cache
    def names() -> tuple[str, ...]:
        return tuple(sorted(islice(_names_in(root), _MOST_NAMES)))

    return FileTree(read, names)


def _names_in(root: Path) -> Iterator[str]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        inside = Path(folder).relative_to(root)
        yield from ((inside / name).as_posix() for name in names if not (Path(folder) / name).is_symlink())


def tree_of_archive(path: Path, name_of: Callable[[zipfile.ZipInfo], str]) -> FileTree:
    """Return the files of an archive, which is opened anew: the text is read before."""

    def read(name: str) -> bytes:
        try:
            with zipfile.ZipFile(path) as archive:
                member = next((info for info in archive.infolist() if name_of(info).lstrip("/") == name), None)
                if member is None or member.is_dir():
                    raise _missing()
                with archive.open(member) as file:
                    data = file.read(MOST_IMAGE_BYTES + 1)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise _missing() from error
        if len(data) > MOST_IMAGE_BYTES:
            raise image_too_large()
        return data

    @cache
    def names() -> tuple[str, ...]:
        with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
            return tuple(name_of(info).lstrip("/") for info in archive.infolist() if not info.is_dir())
        return ()

    return FileTree(read, names)


def _folded(name: str) -> str:
    """Return a name as people compare them: a Mac writes its accents apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _path_of(address: str) -> str:
    """Return the path that an address in a text means."""
    path = unquote(address.partition("#")[0].partition("?")[0])
    return path.replace("\\", "/")


def _inside(key: str, address: str) -> str:
    """Return which file an address means, seen from the root; one that begins with / is taken from there."""
    path = _path_of(address)
    name = posixpath.normpath(posixpath.join("/", PurePosixPath(key).parent.as_posix(), path)).lstrip("/")
    climbs = posixpath.normpath(posixpath.join(PurePosixPath(key).parent.as_posix(), path)).startswith("..")
    if climbs or "\0" in path:
        raise _outside()
    return name


def _missing() -> ImageError:
    sentence = _("There is no such file beside the text; until there is, the picture is not shown.")
    return ImageError("image-missing", sentence)


def _outside() -> ImageError:
    sentence = _("This path leads out of what is imported; put the picture beside the text.")
    return ImageError("image-outside", sentence)

"""Files that stand beside a text and that it names by relative paths: in its folder or archive, and nowhere else."""

import posixpath
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from webapp.documents.image_encoding import MOST_IMAGE_BYTES, ImageError, image_too_large
from webapp.kit.translatable import _

Beside = Callable[[str], bytes]  # from an address in the text to the bytes of its file; raises ImageError


def nothing_beside(_address: str) -> bytes:
    """Raise ImageError: what came by itself has nothing beside it."""
    raise _missing()


def beside_in_folder(root: Path, key: str) -> Beside:
    """Return what reads files beside the text that is known as `key` in a folder; no link leads out of it."""

    def read(address: str) -> bytes:
        name = _inside(key, address)
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

    return read


def beside_in_archive(path: Path, key: str, name_of: Callable[[zipfile.ZipInfo], str]) -> Beside:
    """Return what reads files beside a member of an archive, which is opened anew: the text is read before."""

    def read(address: str) -> bytes:
        name = _inside(key, address)
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

    return read


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

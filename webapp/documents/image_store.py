"""The files of pictures, each under the hash of its bytes; reached only behind what opens an edition."""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from webapp.documents.encoded_image import EncodedImage

FOLDER = "uploads"
IMAGE_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
_NAME = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(IMAGE_TYPES)})")


@dataclass(frozen=True, slots=True)
class ImageStore:
    """A folder of pictures, in smaller ones by the first two letters of their names."""

    folder: Path

    def keep(self, image: EncodedImage) -> None:
        """Keep a picture, whole or not at all, so that it is there after any kill; raise OSError."""
        path = self._path(image.file.name)
        if self.touch(image.file.name):
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            half = Path(file.name)
            try:
                file.write(image.data)
                file.flush()
                os.fsync(file.fileno())
                half.replace(path)
            except OSError:
                half.unlink(missing_ok=True)
                raise
        for folder in (path.parent, self.folder):
            _sync(folder)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a picture, None where they are not there, cannot be read, or the name is none."""
        try:
            return self._path(name).read_bytes() if _NAME.fullmatch(name) else None
        except OSError:
            return None

    def touch(self, name: str) -> bool:
        """Note that a picture was wanted now; return whether it is there."""
        try:
            os.utime(self._path(name))
        except FileNotFoundError:
            return False
        return True

    def keep_only(self, names: Collection[str], before: float) -> int:
        """Delete all other pictures, and halves of files, that nobody wanted since a time (Unix); return how many."""
        others = (path for path in self.folder.glob("*/*") if path.name not in names and _is_ours(path.name))
        return sum(_delete_old(path, before) for path in others)

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


def image_store(instance: Path) -> ImageStore:
    """Return where an installation keeps its pictures."""
    return ImageStore(instance / FOLDER)


def _is_ours(name: str) -> bool:
    return name.startswith(".") or _NAME.fullmatch(name) is not None


def _delete_old(path: Path, before: float) -> bool:
    """Delete a file that nobody wanted since a time; return whether it is gone.

    An import may want it this very moment: it then finds none and writes it, or was seen to have come first.
    """
    aside = path.with_name(f".{path.name}" if not path.name.startswith(".") else path.name)
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


def _sync(folder: Path) -> None:
    """Have the names in a folder written out, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

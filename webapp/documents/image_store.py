"""The files of pictures, each under the hash of its bytes; reached only behind what opens an edition."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from webapp.documents.image_encoding import EncodedImage

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
        if path.exists():
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

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


def image_store(instance: Path) -> ImageStore:
    """Return where an installation keeps its pictures."""
    return ImageStore(instance / FOLDER)


def _sync(folder: Path) -> None:
    """Have the names in a folder written out, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

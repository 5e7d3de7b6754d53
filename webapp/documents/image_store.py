"""The files of pictures, each under the hash of its bytes; reached only behind what opens an edition."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from webapp.documents.encoded_image import EncodedImage
from webapp.kit.file_store import UPLOADS, FileStore, KeptFile, file_store
from webapp.settings import Settings

IMAGE_TYPES = {"jpg": "image/jpeg", "png": "image/png"}
_NAME = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(IMAGE_TYPES)})")


@dataclass(frozen=True, slots=True)
class ImageStore:
    """Pictures, in smaller folders by the first two letters of their names."""

    kept: FileStore

    def keep(self, image: EncodedImage) -> None:
        """Keep a picture, whole or not at all, so that it is there after any kill.

        Raise OSError, FilesUnavailableError.
        """
        self.kept.keep(image_path(image.file.name), image.data)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a picture, None where they are not there, or the name is none."""
        return self.kept.read(image_path(name)) if _NAME.fullmatch(name) else None

    def touch(self, name: str) -> None:
        """Note that a picture was wanted now."""
        self.kept.touch(image_path(name))

    def files(self) -> list[KeptFile]:
        """Return the files of pictures, without halves and what was put aside."""
        return [file for file in self.kept.files(UPLOADS) if _NAME.fullmatch(_last(file))]

    def keep_only(self, names: Collection[str], before: float) -> int:
        """Delete all other pictures, and halves of files, that nobody wanted since a time (Unix); return how many."""
        others = [file for file in self.kept.files(UPLOADS) if file.changed_at < before and _last(file) not in names]
        gone = 0
        for file in others:
            if file.is_hidden and _last(file)[1:] in names:
                self.read(_last(file)[1:])  # an import came to want it while it was put aside, and it is put back
            if file.is_hidden or _NAME.fullmatch(_last(file)):
                gone += self.kept.delete_unwanted(file.name, before)
        return gone


def image_path(name: str) -> str:
    """Return under which name a picture is kept."""
    return f"{UPLOADS}/{name[:2]}/{name}"


def image_store(settings: Settings) -> ImageStore:
    """Return where an installation keeps its pictures."""
    return ImageStore(file_store(settings))


def _last(file: KeptFile) -> str:
    return file.name.rpartition("/")[2]

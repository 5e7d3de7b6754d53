"""A picture as it is kept, and what is said of one that is not; without Pillow, which encoding alone needs."""

from dataclasses import dataclass

from webapp.kit.translatable import _
from webapp.manuscript import ImageFile

MOST_IMAGE_BYTES = 20_000_000
MOST_PIXELS = 40_000_000


class ImageError(Exception):
    """A picture that cannot be shown: a code, and a sentence that says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """A picture as it is kept; `moving` where it moved, of which the first frame is left."""

    data: bytes
    file: ImageFile
    moving: bool = False


def image_too_large() -> ImageError:
    """Return the error about files that are larger than all that are read."""
    most = MOST_IMAGE_BYTES // 1_000_000
    return ImageError(
        "image-too-large", _("This picture's file is larger than %(most)s MB; make it smaller.", most=most)
    )

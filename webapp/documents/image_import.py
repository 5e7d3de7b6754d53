"""The pictures that a text asks for: found, brought into our form and kept; and what is wrong with the others."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from webapp.documents.encoded_image import EncodedImage, ImageError
from webapp.documents.files_beside import FilesBeside
from webapp.documents.image_fetching import fetch_image
from webapp.kit.translatable import _
from webapp.manuscript import ImageFile
from webapp.manuscript.inline_nodes import name_in_brackets
from webapp.manuscript.line_columns import line_columns

# "https:" of "https://example.com/a.png", "//" of "//example.com/a.png"; nothing in "a.png"
_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_OTHER = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ImageNotice:
    """What is to be said of a picture: where it stands (1-based), a code and a sentence."""

    line: int
    column: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportedImage:
    """A picture of a text: its file, and how many bytes that has."""

    file: ImageFile
    size: int


@dataclass(frozen=True, slots=True)
class ImageReader:
    """How pictures are come by: beside the text, with `fetches` from other sites, too; `keep` stores what was found."""

    beside: FilesBeside
    fetches: bool
    keep: Callable[[EncodedImage], None]

    def read(self, text: str, addresses: Iterable[str]) -> tuple[dict[str, ImportedImage], list[ImageNotice]]:
        """Return the pictures of these addresses in a text, and what is to be said of them; addresses are as in it."""
        images: dict[str, ImportedImage] = {}
        notices: list[ImageNotice] = []
        for address in addresses:
            told = partial(ImageNotice, *_place_of(text, address))
            try:
                encoded = _encoded(self._bytes_of(address))
            except ImageError as error:
                notices.append(told(error.code, error.args[0]))
                continue
            self.keep(encoded)
            images[address] = ImportedImage(encoded.file, len(encoded.data))
            if encoded.moving:
                sentence = _("This picture moves, or has several pages; only the first of them is shown.")
                notices.append(told("image-moving", sentence))
        return images, notices

    def _bytes_of(self, address: str) -> bytes:
        if _REMOTE.match(address):
            if not self.fetches:
                sentence = _(
                    "This picture lies on another site, and readers' browsers load nothing from there: "
                    "import with --fetch-images, or put it beside the text."
                )
                raise ImageError("image-remote", sentence)
            return fetch_image(address if ":" in address.partition("/")[0] else f"https:{address}")
        if _OTHER.match(address):
            raise ImageError("image-remote", _("This picture's address is none of a file; put it beside the text."))
        name = name_in_brackets(address)
        return self.beside.find(name) if name else self.beside.read(address)


def _encoded(data: bytes) -> EncodedImage:
    from webapp.documents.image_encoding import encode_image  # noqa: PLC0415 - only pictures need Pillow

    return encode_image(data)


def _place_of(text: str, address: str) -> tuple[int, int]:
    """Return line and column of the first picture with an address; where that stands by itself, its own."""
    for spelling in (address, unquote(address)):
        written = spelling.removesuffix("]]")  # behind a name in brackets its words may follow
        at = text.find(written)
        while at >= 0:
            sign = text.rfind("![", 0, at + 1)
            if sign >= 0 and "\n\n" not in text[sign:at]:
                (place,) = line_columns(text, [sign])
                return place
            at = text.find(written, at + 1)
    at = max(0, text.find(address), text.find("![") if address not in text else 0)
    (place,) = line_columns(text, [at])
    return place

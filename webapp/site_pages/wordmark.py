"""The publisher's own wordmark: a picture of the instance, read once at the start."""

import re
from dataclasses import dataclass
from pathlib import Path

from webapp.kit.translatable import _
from webapp.settings import PREFIX, Settings, SettingsError

MAX_WORDMARK_BYTES = 100_000
SHOWN_HEIGHT = 28  # CSS pixels, as house.css has it
_PNG = b"\x89PNG\r\n\x1a\n"
_WIDTH, _HEIGHT = slice(16, 20), slice(20, 24)  # of a PNG's IHDR, which is its first chunk (PNG, 11.2.1)
# b'<svg viewBox="0 0 120 30">' of b'<?xml version="1.0"?><svg viewBox="0 0 120 30"><path/></svg>'
_SVG = re.compile(rb"<svg\b[^>]*>", re.DOTALL)
# b"120" and b"30" of b'viewBox="0 0 120 30"'
_BOX = re.compile(rb"viewBox\s*=\s*[\"']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)")


@dataclass(frozen=True, slots=True)
class Wordmark:
    """A picture and how wide it is when it is as high as a line of the page's head, in CSS pixels."""

    picture: bytes
    content_type: str
    width: int


def read_wordmark(settings: Settings) -> Wordmark | None:
    """Return the publisher's wordmark, None where there is none of their own; raise SettingsError."""
    if not settings.wordmark:
        return None
    path = settings.instance / settings.wordmark
    picture = _read(path)
    shape = _shape_of(picture)
    if shape is None:
        raise SettingsError((_named(path), _("is neither a PNG nor an SVG with a viewBox")))
    content_type, ratio = shape
    return Wordmark(picture, content_type, round(SHOWN_HEIGHT * ratio))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            picture = file.read(MAX_WORDMARK_BYTES + 1)
    except OSError as error:
        raise SettingsError((_named(path), _("cannot be read"))) from error
    if len(picture) > MAX_WORDMARK_BYTES:
        raise SettingsError((_named(path), _("is larger than 100 kB")))
    return picture


def _named(path: Path) -> str:
    return f"{PREFIX}WORDMARK ({path})"


def _shape_of(picture: bytes) -> tuple[str, float] | None:
    """Return what kind of picture this is, and its width as a multiple of its height."""
    if picture.startswith(_PNG):
        kind, width, height = "image/png", *(float(int.from_bytes(picture[part])) for part in (_WIDTH, _HEIGHT))
    else:
        opening = _SVG.search(picture)
        box = _BOX.search(opening[0]) if opening else None
        if box is None:
            return None
        kind, width, height = "image/svg+xml", float(box[1]), float(box[2])
    return (kind, width / height) if width and height else None

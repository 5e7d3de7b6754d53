"""Whether a file is a picture in our form: marked as ours, whole, and made of nothing but what pixels need."""

import struct
from collections.abc import Iterator
from zlib import crc32

MARK = b"paidspan 1"  # grows when the form changes, so that what has the former one is made anew
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_MARK = b"Software\0" + MARK
_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_JFIF = b"JFIF\0"
_SIGN, _COMMENT, _APP0, _SCAN, _END = 0xFF, 0xFE, 0xE0, 0xDA, 0xD9
_STUFFED = {0, *range(0xD0, 0xD8)}  # a byte of pixels, and restarts
# Tables, frames, restart intervals: ITU-T T.81, table B.1
_JPEG_PIXELS = {0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD}
_JFIF_LENGTH = 14  # a header without a thumbnail


def is_our_form(data: bytes) -> bool:
    """Whether these bytes were written by us and hold nothing else, neither within the picture nor after it."""
    try:
        parts = list(_png_parts(data) if data.startswith(_PNG) else _jpeg_parts(data))
    except (struct.error, IndexError, ValueError):
        return False
    return parts.count(MARK) == 1 and all(part in {MARK, b""} for part in parts)


def _png_parts(data: bytes) -> Iterator[bytes]:
    """Yield what each chunk says besides pixels (PNG, 5.3); raise ValueError where the file is not whole."""
    place, length, kind = len(_PNG), 0, b""
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (told,) = struct.unpack_from(">I", data, place + 8 + length)
        if crc32(kind + body) != told:
            raise ValueError
        place += length + 12
        if kind == b"IEND":
            break
        yield b"" if kind in _PNG_PIXELS else MARK if (kind, body) == (b"tEXt", _PNG_MARK) else kind
    if kind != b"IEND" or place != len(data) or length:
        raise ValueError


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    """Yield what each segment says besides pixels (ITU-T T.81, B.1); raise ValueError where the file is not whole."""
    if not data.startswith(b"\xff\xd8"):
        raise ValueError
    place = 2
    while data[place : place + 2] != bytes((_SIGN, _END)):
        sign, marker, length = struct.unpack_from(">BBH", data, place)
        if sign != _SIGN:
            raise ValueError
        body = data[place + 4 : place + 2 + length]
        place += 2 + length
        if marker == _COMMENT:
            yield MARK if body == MARK else b"comment"
        elif marker == _APP0:
            yield b"" if body.startswith(_JFIF) and len(body) == _JFIF_LENGTH else b"header"
        else:
            yield b"" if marker in _JPEG_PIXELS or marker == _SCAN else bytes((marker,))
        if marker == _SCAN:
            place = _scan_end(data, place)
    if place + 2 != len(data):
        raise ValueError


def _scan_end(data: bytes, place: int) -> int:
    """Return where the next segment begins: at an FF that is neither stuffed nor a restart (T.81, B.1.1.5)."""
    while True:
        place = data.index(b"\xff", place)
        if data[place + 1] not in _STUFFED:
            return place
        place += 2

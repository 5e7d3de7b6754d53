"""Which legacy encoding bytes are in: read in each, the text that is likeliest, where it is so by far."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from webapp.documents.text_models import best_score

# As people name them, and what reads them: the largest set that bears the name, as browsers do (WHATWG, Encoding).
SUPERSETS = {
    "gb18030": "gb18030",
    "big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "windows-1251": "cp1251",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "iso-8859-5": "iso8859_5",
    "ibm866": "cp866",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-1253": "cp1253",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso8859_15",
    "windows-1250": "cp1250",
    "iso-8859-2": "iso8859_2",
    "windows-1254": "cp1254",
    "macintosh": "mac_roman",
    "ibm850": "cp850",
}
# Of DOS and of old Macs; so rare that they are named and never taken.
_ONLY_NAMED = {"ibm866", "ibm850", "macintosh", "x-mac-cyrillic"}
_SAMPLE = 3_000  # bytes
_MARGIN = 12.0  # nats between the likeliest and the next: one in 160,000
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_NO_TEXT = {"Cc", "Cn", "Co"}
_BEYOND_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")


@dataclass(frozen=True, slots=True)
class Reading:
    """Bytes read in one encoding, what that text costs in the language that it is likeliest in, and if it is likely."""

    encoding: str
    text: str
    cost: float
    likely: bool


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding that is certain, None where none is, and the likeliest, best first."""

    encoding: str | None
    likeliest: tuple[str, ...]


def guess_legacy(data: bytes) -> Guess:
    """Return the encoding of bytes that are no UTF-8; certain only where a text is likely, and no other nearly so."""
    readings = sorted(_legacy_readings(data), key=lambda reading: reading.cost)
    if not readings:
        return Guess(None, ())
    best, second = readings[0], next((one for one in readings if one.text != readings[0].text), None)
    by_far = second is None or second.cost - best.cost >= _MARGIN
    certain = best.likely and by_far and best.encoding not in _ONLY_NAMED
    names = tuple(reading.encoding for reading in (best, second) if reading is not None)
    return Guess(best.encoding if certain else None, names)


def guess_wide(data: bytes) -> str | None:
    """Return which UTF-32 or UTF-16 bytes without a byte order mark are in, None where they are no text of either."""
    readings = sorted(_wide_readings(data), key=lambda reading: reading.cost)
    certain = readings and (len(readings) == 1 or readings[1].cost - readings[0].cost >= _MARGIN)
    return readings[0].encoding if certain else None


def sample(data: bytes) -> list[bytes]:
    """Return lines from three places that are more than ASCII; a line feed is one in every encoding of these."""
    if len(data) <= _SAMPLE:
        return [data]
    places = (0, len(data) // 2, len(data) * 7 // 8)
    return [line for place in places for line in _lines_after(data, data.rfind(b"\n", 0, place) + 1)]


def _lines_after(data: bytes, begins: int) -> Iterator[bytes]:
    left = _SAMPLE // 3
    for found in _BEYOND_ASCII.finditer(data, begins):
        yield found[0][:left]
        left -= len(found[0])
        if left <= 0:
            return


def _legacy_readings(data: bytes) -> Iterator[Reading]:
    lines = sample(data)
    for name, codec in SUPERSETS.items():
        with suppress(UnicodeDecodeError):
            # A line may have been cut within a character.
            yield _reading(name, "".join(codecs.getincrementaldecoder(codec)().decode(line) for line in lines))
    if lines == [data]:  # UTF-16 has no lines that bytes could be cut at
        yield from _wide_readings(data, ("utf-16-le", "utf-16-be"))


def _wide_readings(data: bytes, names: tuple[str, ...] = _WIDE) -> Iterator[Reading]:
    for name in names:
        if len(data) % (4 if "32" in name else 2) == 0 and fits(data, name):
            text = data[:_SAMPLE].decode(name, "ignore")
            if not any(unicodedata.category(one) in _NO_TEXT and not one.isspace() for one in text):
                yield _reading(name, text)


def _reading(name: str, text: str) -> Reading:
    score = best_score(text)
    return Reading(name, text, score.total, score.is_likely)


def fits(data: bytes, encoding: str) -> bool:
    """Whether bytes can be read in an encoding at all."""
    try:
        data.decode(SUPERSETS.get(encoding, encoding))
    except UnicodeDecodeError:
        return False
    return True

"""From the bytes of a file to its text: which encoding it is in, or a sentence why that cannot be told."""

import codecs
import re
from dataclasses import dataclass

from webapp.documents.legacy_encodings import SUPERSETS, fits, guess_legacy, guess_wide, sample
from webapp.kit.translatable import _
from webapp.manuscript.line_columns import line_columns

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 65_536
# What says of itself which encoding it is in: escapes of ISO 2022, and the tildes of HZ (RFC 1843).
_ESCAPED = (
    (re.compile(rb"\x1b\$[@B]|\x1b\$\([DOPQ]"), "iso2022_jp_2004", "iso2022_jp_ext"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}"), "hz"),
)
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_CONTINUED = bytes(range(0x80, 0xC0))
_OTHER_NAMES = {
    "latin-1": "windows-1252",
    "latin1": "windows-1252",
    "iso-8859-1": "windows-1252",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "sjis": "shift_jis",
    "shift-jis": "shift_jis",
}
REPLACEMENT = "\ufffd"


class DecodingError(Exception):
    """The bytes are no text we can read: a code, a sentence, and the line and column (1-based) where it shows."""

    def __init__(self, code: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was in, and how many U+FFFD stand for bytes that are none."""

    text: str
    encoding: str
    replaced: int = 0


def decode(data: bytes, encoding: str = "auto", *, replace: bool = False) -> Decoded:
    """Return the text of a file without its byte order mark; raise DecodingError.

    With `replace`, which wants the name of an encoding, bytes that are none of its characters become U+FFFD.
    """
    if not data.strip():
        raise _empty()
    chosen = encoding_of(data) if encoding == "auto" else encoding.lower()
    codec = _codec(chosen, data)
    try:
        text = data.decode(codec, "replace" if replace else "strict")
    except UnicodeDecodeError as error:
        raise _not_readable(data, error, chosen) from None
    except (LookupError, UnicodeError):
        raise unknown_encoding(chosen) from None
    replaced = _replaced_in(data, text) if replace else 0
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise _empty()
    if "\0" in text:
        raise _binary()
    return Decoded(text, chosen, replaced)


def _replaced_in(data: bytes, text: str) -> int:
    """Return how many replacement characters a text has that its bytes, were they UTF-8, did not hold already."""
    return max(text.count(REPLACEMENT) - data.count(REPLACEMENT.encode()), 0)


def is_encoding(name: str) -> bool:
    """Whether there is an encoding of texts with this name."""
    try:
        b"    ".decode(_codec(name.lower(), b""))
    except UnicodeDecodeError:
        return True
    except (LookupError, ValueError):
        return False
    return True


def unknown_encoding(name: str) -> DecodingError:
    """Return the error about a name that no encoding has."""
    return DecodingError("unknown-encoding", _("There is no encoding named %(name)s.", name=name))


def encoding_of(data: bytes) -> str:
    """Return the name of the encoding that bytes are certainly in; raise DecodingError where none is certain."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\0" in data[:_LOOKED_AT]:
        wide = guess_wide(data)
        if wide is None:
            raise _binary()
        return wide
    if fits(data, "utf-8"):
        return (_CONTROLS.search(data) and guess_wide(data)) or _escaped(data)
    return _legacy(data)


def _codec(name: str, data: bytes) -> str:
    """Return what reads an encoding: the larger set that goes by the same name, where the smaller one does not do."""
    if name in {"big5", "cp950"} and not fits(data, "big5"):
        return "big5hkscs"
    return SUPERSETS.get(_OTHER_NAMES.get(name, name), name)


def _escaped(data: bytes) -> str:
    """Return UTF-8, or the encoding of seven bits that these bytes say they are in."""
    for mark, *names in _ESCAPED:
        if mark.search(data[:_LOOKED_AT]):
            for name in names:
                if fits(data, name):
                    return name
    return "utf-8"


def _legacy(data: bytes) -> str:
    """Return the legacy encoding that is certain; raise DecodingError, at the first bad byte where most is UTF-8."""
    whole, broken = _utf8_shares(data)
    if whole >= 4 * broken:
        raise _damaged(data)
    guess = guess_legacy(data)
    if guess.encoding:
        return guess.encoding
    if whole > broken:
        raise _damaged(data)
    if not guess.likeliest:
        raise DecodingError(
            "unknown-encoding", _("The file is in no encoding we know; save it as UTF-8, or name it with --encoding.")
        )
    named = " / ".join(f"--encoding {name}" for name in guess.likeliest)
    sentence = _(
        "It cannot be told for certain which encoding the file is in; save it as UTF-8, or name it. The likeliest: "
        "%(named)s.",
        named=named,
    )
    raise DecodingError("unknown-encoding", sentence)


def _utf8_shares(data: bytes) -> tuple[int, int]:
    """Return how many characters beyond ASCII are UTF-8, and how many bytes are none, near the first that is none."""
    place = _first_bad(data).start
    near = data[max(place - 2000, 0) : place + 2000]
    part = b"".join([*sample(data), near]) if len(data) > _LOOKED_AT else data
    rest, whole = _UTF8_SEQUENCE.subn(b"", part)
    left = rest.translate(None, bytes(range(0x80)))
    # The pieces of one character that was cut count once.
    return whole, max(len(left.translate(None, _CONTINUED)), 1 if left else 0, len(left) // 3)


def _first_bad(data: bytes) -> UnicodeDecodeError:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error
    raise AssertionError


def _damaged(data: bytes) -> DecodingError:
    """Return where the first byte is that is no UTF-8, and how to read the rest."""
    error = _first_bad(data)
    line, column = _end_of(data[: error.start].decode())
    if error.end == len(data) and error.reason == "unexpected end of data":
        sentence = _(
            "The file ends in the middle of a character: it is UTF-8, but its end is missing. Copy it once more, or "
            "read it as it is with --encoding utf-8 --replace."
        )
        return DecodingError("unknown-encoding", sentence, line, column)
    more = _replaced_in(data, data.decode(errors="replace")) - 1
    byte = f"{data[error.start]:02X}"
    if more:
        sentence = _(
            "The byte 0x%(byte)s here is no UTF-8; but for such places (%(more)s more below) the file is. Mend them, "
            "or read it with --encoding utf-8 --replace, which puts � for what cannot be read.",
            byte=byte,
            more=more,
        )
    else:
        sentence = _(
            "The byte 0x%(byte)s here is no UTF-8, and the rest of the file is. Mend it, or read it with --encoding "
            "utf-8 --replace, which puts � in its place.",
            byte=byte,
        )
    return DecodingError("unknown-encoding", sentence, line, column)


def _not_readable(data: bytes, error: UnicodeDecodeError, name: str) -> DecodingError:
    if name in {"utf-8", "utf8", "utf-8-sig"} and _utf8_shares(data)[0] >= _utf8_shares(data)[1]:
        return _damaged(data)
    line, column = _end_of(data[: error.start].decode(error.encoding, "replace"))
    message = _(
        "These bytes are not text in %(encoding)s; save the file as UTF-8, or name its encoding.", encoding=name
    )
    return DecodingError("unknown-encoding", message, line, column)


def _end_of(text: str) -> tuple[int, int]:
    """Return the line and column that come after a text."""
    text = text.removeprefix("\ufeff")
    return next(line_columns(text, [len(text)]))


def _empty() -> DecodingError:
    return DecodingError("empty-file", _("The file is empty; there is nothing to publish."))


def _binary() -> DecodingError:
    return DecodingError("binary-file", _("This is not a text file: it holds bytes that no text has."))

"""From the bytes of a file to its text: which encoding it is in, or a sentence why that cannot be told."""

import codecs
from dataclasses import dataclass

import chardet

from webapp.kit.translatable import _

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 65_536


class DecodingError(Exception):
    """The bytes are no text we can read: a code, a sentence, and the line and column (1-based) where it shows."""

    def __init__(self, code: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was in."""

    text: str
    encoding: str


def decode(data: bytes, encoding: str = "auto") -> Decoded:
    """Return the text of a file without its byte order mark; raise DecodingError."""
    if not data.strip():
        raise DecodingError("empty-file", _("The file is empty; there is nothing to publish."))
    chosen = _encoding_of(data) if encoding == "auto" else encoding
    try:
        text = data.decode(chosen)
    except LookupError:
        raise DecodingError("unknown-encoding", _("There is no encoding named %(name)s.", name=chosen)) from None
    except UnicodeDecodeError as error:
        raise _not_readable(data, error) from None
    except UnicodeError:
        raise DecodingError("unknown-encoding", _("There is no encoding named %(name)s.", name=chosen)) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise DecodingError("empty-file", _("The file is empty; there is nothing to publish."))
    if "\0" in text:
        raise DecodingError("binary-file", _("This is not a text file: it holds bytes that no text has."))
    return Decoded(text, chosen)


def _encoding_of(data: bytes) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\0" in data[:_LOOKED_AT]:
        return _utf16_without_mark(data)
    if _fits(data, "utf-8"):
        return "utf-8"
    return _legacy_chinese(data)


def _utf16_without_mark(data: bytes) -> str:
    """Return which UTF-16 this is: its line feeds and spaces have their zero byte on one side only."""
    little = data.count(b"\n\0") + data.count(b" \0")
    big = data.count(b"\0\n") + data.count(b"\0 ")
    for name, seen in (("utf-16-le", little), ("utf-16-be", big)):
        if seen and seen >= max(little, big) and len(data) % 2 == 0 and _fits(data, name):
            return name
    raise DecodingError("binary-file", _("This is not a text file: it holds bytes that no text has."))


def _legacy_chinese(data: bytes) -> str:
    """Return chardet's guess where it is Big5; GB18030, which would swallow Big5, only after that."""
    guess = (chardet.detect(data[:_LOOKED_AT])["encoding"] or "").lower().replace("-", "")
    if guess.startswith(("big5", "cp950")):
        for name in ("cp950", "big5hkscs"):
            if _fits(data, name):
                return name
    if guess.startswith("utf16"):
        return _utf16_without_mark(data)
    if _fits(data, "gb18030"):
        return "gb18030"
    raise DecodingError(
        "unknown-encoding", _("The file is in no encoding we know; save it as UTF-8, or name it with --encoding.")
    )


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _not_readable(data: bytes, error: UnicodeDecodeError) -> DecodingError:
    before = data[: error.start].decode(error.encoding, "replace")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    message = _(
        "These bytes are not text in %(encoding)s; save the file as UTF-8, or name its encoding.",
        encoding=error.encoding,
    )
    return DecodingError("unknown-encoding", message, line, column)

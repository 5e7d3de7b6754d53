"""The classes of characters that the marker language tells apart, and the sketch of a text made of them.

A sketch is as long as its text, one class for each character, so that places found in it are places in the text.
It is plain ASCII, which makes searching it several times as fast as searching the text.
"""

import re
import unicodedata
from itertools import pairwise
from string import ascii_lowercase

OTHER = "."
DIGIT = "0"
SPACE = " "
BREAK = "\n"
IGNORED = "\x00"  # default-ignorable: no part of any marker
LOOSE = "-"  # what a near-marker may hold between its letters: * _ ~ - accents, and what HTML cannot hold
SYMBOLS = "#$%"  # "%" is any of ￥ ¥ ♯, which only a near-marker has
EXPANSIONS = {"pa": "1", "db": "2", "in": "3", "st": "4"}  # ㎩ ㏈ ㏌ ﬆ: one character, two letters of a word

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, first and last of each range.
_IGNORABLE = (
    *(0xAD, 0xAD, 0x34F, 0x34F, 0x61C, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F),
    *(0x200B, 0x200F, 0x202A, 0x202E, 0x2060, 0x206F, 0x3164, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFEFF),
    *(0xFFA0, 0xFFA0, 0xFFF0, 0xFFF8, 0x1BCA0, 0x1BCA3, 0x1D173, 0x1D17A, 0xE0000, 0xE0FFF),
)

# Letters of other scripts, folded, that are taken for the Latin letter (UTS #39, only what the words need).
_LOOKALIKES = {
    "a": "аαɑᴀⲁꓮᎪ",
    "b": "вβьƅʙɓⲃꓐᏴ",
    "c": "сϲᴄⲥꓚᏟ",
    "d": "ԁɗɖđᴅꓓᎠ",
    "e": "еєεҽᴇ℮ⲉꓰᎬ",
    "g": "ɡցɢǥԍꓖᏀ",
    "i": "іιıɩɪӏⲓꓲᎥᏆǀ",
    "l": "łɭʟꓡᏞ",
    "n": "пոռηνɴŋɲƞⲛꓠ",
    "o": "оοօσөøᴏⲟꓳ",
    "p": "рρƿþᴘⲣꓑᏢ",
    "r": "гᴦʀɾꓣᎡᏒ",
    "s": "ѕʂꜱꓢᏚ",
    "t": "тτᴛⲧꓔᎢ",
}
_LATIN = {alike: latin for latin, alikes in _LOOKALIKES.items() for alike in alikes}
# Alphabets of letters in boxes and circles that NFKC leaves as they are: their A, each 26 long.
_BOXED = (0x1F150, 0x1F170, 0x1F1E6)

# A class of a regular expression: ideographs, kana, their punctuation, full-width forms.
CHINESE_CHARACTERS = (
    "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u3400-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)

# What HTML cannot hold: control characters, halves of surrogate pairs, noncharacters.
# The \x0b of 甲\x0b乙, the \ufffe of a file whose bytes were swapped.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane | last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def _is_ignorable(code: int) -> bool:
    return any(first <= code <= last for first, last in list(pairwise(_IGNORABLE))[::2])


def _boxed_letter(code: int) -> str:
    return next((chr(ord("a") + code - first) for first in _BOXED if first <= code < first + len(ascii_lowercase)), "")


def _latin_likeness(char: str, folded: str) -> str:
    base = unicodedata.normalize("NFKD", folded)[:1]
    plain = base if base.isascii() and base.isalpha() else ""
    return _LATIN.get(folded) or _LATIN.get(base) or _boxed_letter(ord(char)) or plain


def _folded_class(folded: str) -> str:
    if folded in EXPANSIONS:
        return EXPANSIONS[folded]
    if folded in {"¥", "♯"}:
        return "%"
    if folded in {"*", "_", "~", "-"}:
        return LOOSE
    if len(folded) == 1 and folded.isdigit():
        return DIGIT
    return folded if len(folded) == 1 and folded in ascii_lowercase + "#$<>" else ""


def _class_of(char: str) -> str:
    """Return one ASCII character: a small letter for itself, a capital for what only looks like the letter."""
    if char in "\r\n":
        return BREAK
    if _is_ignorable(ord(char)) or char.isspace():
        return SPACE if char.isspace() else IGNORED
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    if exact := _folded_class(folded):
        return exact
    if unicodedata.category(char) in {"Mn", "Me"} or _UNFIT.match(char):
        return LOOSE
    return _latin_likeness(char, folded).upper() or OTHER


class _Classes(dict[int, str]):
    def __missing__(self, code: int) -> str:
        found = self[code] = _class_of(chr(code))
        return found


_classes = _Classes()


def sketch(text: str) -> str:
    """Return the text with each character replaced by its class."""
    return text.translate(_classes)


def fit(text: str) -> str:
    """Return the text without what HTML cannot hold."""
    return _UNFIT.sub("", text)

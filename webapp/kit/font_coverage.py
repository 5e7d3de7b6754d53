"""Which letters no font of this machine has, and what stands for them: printers' geta, not a box that says nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from unicodedata import category

from webapp.kit.typesetting import has_glyphs

_SIGNS = ("〓", "\ufffd")  # the second is in a font that Typst brings
_known: dict[str, bool] = {}  # a process keeps the fonts that it began with


@dataclass(frozen=True, slots=True)
class MissingGlyphs:
    """Letters that cannot be shown, each with the marks upon it."""

    letters: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.letters)

    def count(self, text: str) -> int:
        """Return how many letters of a text cannot be shown."""
        return len(self._pattern.findall(text)) if self else 0

    def filled(self, data: object) -> object:
        """Return a text with the sign for each letter that cannot be shown; lists with their texts so."""
        match data:
            case _ if not self:
                return data
            case str():
                return self._pattern.sub(missing_glyph_sign(), data)
            case list():
                return [self.filled(inside) for inside in data]
            case _:
                return data

    @property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.letters, key=len, reverse=True)
        # "e\u0301|天", for two such letters
        return re.compile("|".join(map(re.escape, longest_first)))


@cache
def missing_glyph_sign() -> str:
    """Return what stands for a letter that cannot be shown: the first that can."""
    return next(filter(has_glyphs, _SIGNS))


def find_missing_glyphs(text: str) -> MissingGlyphs:
    """Return which letters of a text no font here has."""
    letters = _letters(text)
    asked = sorted(letters - _known.keys())
    missing = set(_missing(asked))
    _known.update((letter, letter not in missing) for letter in asked)
    return MissingGlyphs(frozenset(letter for letter in letters if not _known[letter]))


def _letters(text: str) -> set[str]:
    """Return the different letters of a text, each with the marks upon it: a font that has both may be none."""
    marks = "".join(sign for sign in set(text) if category(sign).startswith("M"))
    # "e\u0301" and "天" in "e\u0301 天", whose only mark is "\u0301"
    return {letter for letter in re.findall(rf"\S[{marks}]*" if marks else r"\S", text) if not letter.isascii()}


def _missing(letters: list[str]) -> Iterator[str]:
    """Yield those that no font has: who lacks none of them is asked once, and halves are asked where some lack."""
    if not letters or has_glyphs(" ".join(letters)):
        return
    if len(letters) == 1:
        yield letters[0]
        return
    middle = len(letters) // 2
    yield from _missing(letters[:middle])
    yield from _missing(letters[middle:])

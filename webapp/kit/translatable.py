"""Sentences for people, marked where they are written and translated where they are shown."""

from collections.abc import Mapping
from typing import Self


class Filled(str):
    """A sentence whose places are filled in, in English; it keeps what it was made of, to be said in any language."""

    __slots__ = ("message", "values")
    message: str
    values: Mapping[str, object]

    def __new__(cls, message: str, values: Mapping[str, object]) -> Self:
        """Return the sentence with `%(name)s` filled in."""
        filled = super().__new__(cls, message % values)
        filled.message, filled.values = message, values
        return filled


def _(message: str, **values: object) -> str:
    """Mark a sentence for translation and return it as it is, with its places filled in."""
    return Filled(message, values) if values else message

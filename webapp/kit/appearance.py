"""How a reader wants pages to look: theme, size of letters, width of lines, kind of letters."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import lru_cache
from typing import Any

from flask import request

APPEARANCE_COOKIE = "look"


class Theme(StrEnum):
    """Which colours; the first of each choice is what somebody gets who has chosen nothing."""

    SYSTEM = "system"
    LIGHT = "light"
    SEPIA = "sepia"
    DARK = "dark"


class Size(StrEnum):
    """How large the letters of a text are."""

    MEDIUM = "medium"
    SMALL = "small"
    LARGE = "large"
    LARGEST = "largest"


class Width(StrEnum):
    """How long the lines of a text are."""

    MEDIUM = "medium"
    NARROW = "narrow"
    WIDE = "wide"


class Face(StrEnum):
    """With or without serifs."""

    SERIF = "serif"
    SANS = "sans"


@dataclass(frozen=True, slots=True)
class Appearance:
    """A reader's choices, as a cookie or an account keeps them: `dark.large.medium.serif`."""

    theme: Theme = Theme.SYSTEM
    size: Size = Size.MEDIUM
    width: Width = Width.MEDIUM
    face: Face = Face.SERIF

    def __str__(self) -> str:
        return f"{self.theme}.{self.size}.{self.width}.{self.face}"

    @property
    def attributes(self) -> dict[str, str]:
        """Return what the page's root element says of it: what differs from what everybody gets."""
        return {f"data-{name}": value for name, value in asdict(self).items() if value != asdict(DEFAULT)[name]}


DEFAULT = Appearance()
CHOICES: dict[str, type[StrEnum]] = {"theme": Theme, "size": Size, "width": Width, "face": Face}


def read_appearance(given: Mapping[str, str]) -> Appearance:
    """Return the choices that are given by name; what is missing or unknown is what everybody gets."""
    known: dict[str, Any] = {name: kind(given[name]) for name, kind in CHOICES.items() if given.get(name) in list(kind)}
    return Appearance(**known)


@lru_cache(maxsize=1024)
def stored_appearance(text: str) -> Appearance:
    """Return the choices that a cookie or an account keeps, whatever is written there."""
    return read_appearance(dict(zip((field.name for field in fields(Appearance)), text.split("."), strict=False)))


def browser_appearance() -> Appearance:
    """Return the choices this browser sends."""
    return stored_appearance(request.cookies.get(APPEARANCE_COOKIE, ""))

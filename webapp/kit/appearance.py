"""How a reader wants pages to look: theme, size of letters, width of lines, kind of letters."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from flask import request

COOKIE = "look"


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
class Look:
    """A reader's choices, as a cookie or an account keeps them: `dark.large.medium.serif`."""

    theme: Theme = Theme.SYSTEM
    size: Size = Size.MEDIUM
    width: Width = Width.MEDIUM
    face: Face = Face.SERIF

    def __str__(self) -> str:
        return ".".join(asdict(self).values())

    @property
    def attributes(self) -> dict[str, str]:
        """Return what the page's root element says of it: what differs from what everybody gets."""
        return {f"data-{name}": value for name, value in asdict(self).items() if value != asdict(DEFAULT)[name]}


DEFAULT = Look()
CHOICES: dict[str, type[StrEnum]] = {"theme": Theme, "size": Size, "width": Width, "face": Face}


def look_of(given: Mapping[str, str]) -> Look:
    """Return the choices that are given by name; what is missing or unknown is what everybody gets."""
    known: dict[str, Any] = {name: kind(given[name]) for name, kind in CHOICES.items() if given.get(name) in list(kind)}
    return Look(**known)


def kept_look(text: str) -> Look:
    """Return the choices that a cookie or an account keeps, whatever is written there."""
    return look_of(dict(zip((field.name for field in fields(Look)), text.split("."), strict=False)))


def look_of_browser() -> Look:
    """Return the choices this browser sends."""
    return kept_look(request.cookies.get(COOKIE, ""))

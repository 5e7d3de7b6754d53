"""Formulas as a tree of MathML Core: elements and attributes of a fixed list, and nothing else that a parser wrote."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from xml.etree import ElementTree as ET

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TOKENS = frozenset({"mi", "mn", "mo", "mtext"})
_ATTRIBUTES = {
    "mi": {"mathvariant"},
    "mn": set[str](),
    "mo": {"form", "stretchy", "symmetric", "lspace", "rspace", "minsize", "maxsize", "movablelimits"},
    "mtext": set[str](),
    "mspace": {"width"},
    "mrow": set[str](),
    "mstyle": {"displaystyle", "scriptlevel"},
    "mfrac": {"linethickness"},
    "msqrt": set[str](),
    "mroot": set[str](),
    "mphantom": set[str](),
    "menclose": {"notation"},
    "msub": set[str](),
    "msup": set[str](),
    "msubsup": set[str](),
    "munder": {"accentunder"},
    "mover": {"accent"},
    "munderover": set[str](),
    "mmultiscripts": set[str](),
    "mprescripts": set[str](),
    "mtable": {"displaystyle"},
    "mtr": set[str](),
    "mtd": set[str](),
}
# "1.2em", "-0.5", "normal", "updiagonalstrike downdiagonalstrike"
_VALUE = re.compile(r"-?\d+(?:\.\d+)?(?:em)?|[a-z]+(?: [a-z]+)*")
_SIDES = ("left", "right", "center")
# "left" of "text-align: left"
_ALIGN = re.compile(r"text-align: *(left|right|center)")
# "right" of "border-right: 0.05em solid"
_RULE = re.compile(r"border-(left|right|top|bottom): *[\d.]")
_MARGIN = re.compile(r"width: *[\d.]+%")
# What changes no meaning and is no letter of most fonts: choosers of a letter's shape, and signs without a shape
_INVISIBLE = re.compile("[\ufe00-\ufe0f\u2061-\u2064]")
_MOST_ELEMENTS, _DEEPEST = 20_000, 60
# Marks that combine with the letter before them, which there is none of: as signs they have a place of their own
_SPACING = {"\u0332": "¯", "\u0302": "^", "\u20d7": "→"}
_SMALL_MARKS = frozenset("¯˜˙¨ˆˇ´`˘˚→")


class MathError(ValueError):
    """What a parser wrote is no formula that can be shown."""


@dataclass(frozen=True, slots=True)
class MathElement:
    """An element of MathML: a token with its text, or a layout with its children; `get` reads its attributes."""

    name: str
    children: "tuple[MathElement, ...]" = ()
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def signs(self) -> str:
        """Return the texts of all tokens in it."""
        return self.text + "".join(child.signs for child in self.children)

    def get(self, name: str) -> str:
        """Return an attribute, "" where there is none."""
        return dict(self.attributes).get(name, "")


def read_mathml(written: str) -> MathElement:
    """Return the tree of what a parser wrote; raise MathError where it is too large or no MathML that is known."""
    try:
        root = ET.fromstring(written.replace("&ApplyFunction;", "\u2061"))  # noqa: S314 - no text of anybody's, and no DTD
    except ET.ParseError as error:
        raise MathError from error
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS or root.tag != "math":
        raise MathError
    return MathElement("math", _children(root, 0))


def _children(found: ET.Element, depth: int) -> tuple[MathElement, ...]:
    if depth > _DEEPEST:
        raise MathError
    return tuple(child for each in found for child in _read(each, depth))


def _read(found: ET.Element, depth: int) -> Iterator[MathElement]:
    name = "mrow" if found.tag == "mpadded" else found.tag
    if name not in _ATTRIBUTES:
        raise MathError
    kept = tuple((key, value) for key, value in found.items() if key in _ATTRIBUTES[name] and _VALUE.fullmatch(value))
    if name in TOKENS:
        yield from _token(name, "".join(found.itertext()), kept)
    elif name == "mspace":
        if width := found.get("width"):
            yield MathElement("mspace", attributes=(("width", width),))
    else:
        children = _cells(found, depth) if name == "mtr" else _children(found, depth + 1)
        yield _styled(found, _layout(name, children, kept, found.get("style", "")))


@lru_cache(maxsize=4096)  # a few hundred are nearly all that there are
def _token(name: str, text: str, kept: tuple[tuple[str, str], ...]) -> tuple[MathElement, ...]:
    shown = _INVISIBLE.sub("", text)
    if shown:
        return (MathElement(name, text=_SPACING.get(shown, shown), attributes=kept),)
    is_applied = "\u2061" in text  # a function and what it is of
    return (MathElement("mspace", attributes=(("width", "0.1667em"),)),) if is_applied else ()


def _layout(name: str, children: tuple[MathElement, ...], kept: tuple[tuple[str, str], ...], style: str) -> MathElement:
    if name == "menclose":  # the parser adds rows that a style sheet would draw on
        children = tuple(child for child in children if child != MathElement("mrow"))
    if name == "mrow" and len(children) == 1:
        return children[0]
    if name in {"mover", "munder"} and len(children) > 1 and children[1].get("stretchy") == "true":
        kept += (("class", "bar"),) if children[1].text == "¯" else ()
    if name == "mtd":
        align = _ALIGN.search(style)
        rules = " ".join(f"rule-{side}" for side in dict.fromkeys(_RULE.findall(style)))
        kept = (*((("columnalign", align[1]),) if align else ()), *((("class", rules),) if rules else ()))
    return MathElement(name, children, attributes=kept)


def _styled(found: ET.Element, element: MathElement) -> MathElement:
    """Return an element with the style that the parser gave it as an attribute, where no such attribute is its own."""
    if found.tag in {"mstyle", "mtable"}:
        return element
    kept = tuple((key, found.get(key, "")) for key in ("displaystyle", "scriptlevel") if found.get(key))
    return MathElement("mstyle", (element,), attributes=kept) if kept else element


def _cells(row: ET.Element, depth: int) -> tuple[MathElement, ...]:
    """Return the cells of a row, without the empty ones that the parser puts at its sides as margins."""
    cells = [cell for cell in row if len(cell) or not _MARGIN.match(cell.get("style", ""))]
    return tuple(child for cell in cells for child in _read(cell, depth + 1))


def _is_small_mark(element: MathElement) -> bool:
    """Return whether a mark stands over one letter, into which browsers draw it where it is told as an accent."""
    if element.name != "mover" or element.get("class") or len(element.children) == 1:
        return False
    mark = element.children[1]
    return mark.text in _SMALL_MARKS and (mark.text != "→" or mark.get("stretchy") == "false")


def write_mathml(element: MathElement) -> str:
    """Return an element as HTML, which is XML, too."""
    kept = () if _is_small_mark(element) else element.attributes
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in kept)
    inside = escape(element.text) if element.text else "".join(map(write_mathml, element.children))
    return f"<{element.name}{attributes}>{inside}</{element.name}>"

"""Names of WordprocessingML, and the little that is asked of its elements everywhere."""

from collections.abc import Iterator
from functools import cache
from xml.etree.ElementTree import Element

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
_WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_V = "urn:schemas-microsoft-com:vml"
_SPACES = {"w": _W, "r": _R, "m": _M, "mc": _MC, "a": _A, "pic": _PIC, "wp": _WP, "v": _V}
_OFF = {"0", "false", "off"}


@cache
def qualified(name: str) -> str:
    """Return the full name of "w:p"."""
    prefix, _colon, local = name.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


_PREFIXES = {space: prefix for prefix, space in _SPACES.items()}


@cache
def short_name(name: str) -> str:
    """Return "w:p" for its full name, the full name where its namespace is none of those."""
    space, _brace, local = name[1:].rpartition("}")
    return f"{_PREFIXES[space]}:{local}" if space in _PREFIXES else name


def child(element: Element | None, *names: str) -> Element | None:
    """Return the child of a name, and its child of the next name, and so on."""
    for name in names:
        element = element.find(qualified(name)) if element is not None else None
    return element


def value(element: Element | None, *names: str) -> str | None:
    """Return the `w:val` of what stands at the end of a path of names."""
    found = child(element, *names)
    return None if found is None else found.get(qualified("w:val"))


def is_on(element: Element | None, *names: str) -> bool | None:
    """Return whether a property is on or off, None where nothing is said."""
    found = child(element, *names)
    return None if found is None else found.get(qualified("w:val"), "1").lower() not in _OFF


def made(name: str, attributes: dict[str, str] | None = None, *children: Element, text: str | None = None) -> Element:
    """Return a new element."""
    element = Element(
        qualified(name), {qualified(key) if ":" in key else key: val for key, val in (attributes or {}).items()}
    )
    element.extend(children)
    element.text = text
    return element


_LINES = {qualified(name) for name in ("w:p", "w:br", "w:cr", "w:tab")}


def words_in(element: Element) -> str:
    """Return all text below an element, shown or not, a line break after each paragraph."""
    return "".join(_words(element))


def _words(element: Element) -> Iterator[str]:
    for each in element.iter():
        if each.tag in _LINES:
            yield "\n"
        if each.text and each.text.strip():
            yield each.text
        if each.tail and each.tail.strip():
            yield each.tail


def attribute_values(element: Element) -> Iterator[str]:
    """Yield the values of all attributes at and below an element that could hold words."""
    for each in element.iter():
        yield from (text for text in each.attrib.values() if len(text) > len("##paid"))

"""What a formula's elements mean, for writers that have another word for each: fences, operators, marks, scripts."""

from dataclasses import dataclass

from webapp.manuscript.math.mathml import MathElement

_FENCES = frozenset("()[]{}|‖⟨⟩⌊⌋⌈⌉")
_INTEGRALS = frozenset("∫∬∭∮∯∰")
_LARGE = frozenset("∑∏∐⋃⋂⨁⨂⨀⨄⨆⋁⋀") | _INTEGRALS
# A mark over a letter, and the same as it combines with one
ACCENTS = {
    "ˆ": "\u0302",
    "^": "\u0302",
    "¯": "\u0304",
    "˜": "\u0303",
    "~": "\u0303",
    "˙": "\u0307",
    "¨": "\u0308",
    "ˇ": "\u030c",
    "´": "\u0301",
    "`": "\u0300",
    "˘": "\u0306",
    "˚": "\u030a",
    "⃗": "\u20d7",
    "→": "\u20d7",
    "←": "\u20d6",
    "↔": "\u20e1",
}
PRIMES = {"′": 1, "″": 2, "‴": 3, "⁗": 4}


@dataclass(frozen=True, slots=True)
class Fenced:
    """A row between two fences that grow with it; "" where there is none on one side."""

    opening: str
    inside: tuple[MathElement, ...]
    closing: str


def fenced(element: MathElement) -> Fenced | None:
    """Return a row with its fences taken off, None where it has none."""
    children = element.children
    opening, closing = (_fence(child) for child in (children[0], children[-1])) if len(children) > 1 else ("", "")
    if element.name != "mrow" or not (opening or closing):
        return None
    return Fenced(opening, children[bool(opening) : len(children) - bool(closing)], closing)


def _fence(element: MathElement) -> str:
    grows = element.name == "mo" and element.get("stretchy") != "false" and not element.get("minsize")
    return element.text if grows and element.text in _FENCES else ""


@dataclass(frozen=True, slots=True)
class Scripts:
    """A base and what stands at it; `limits` where it stands above and below."""

    base: MathElement
    below: MathElement | None
    above: MathElement | None
    limits: bool

    @property
    def is_large(self) -> bool:
        """Return whether the base is a sum, an integral or the like."""
        return self.base.name == "mo" and self.base.text in _LARGE

    @property
    def is_integral(self) -> bool:
        """Return whether the base is an integral, whose limits stand beside it."""
        return self.base.name == "mo" and self.base.text in _INTEGRALS


def scripts(element: MathElement) -> Scripts | None:
    """Return the parts of an element with scripts, None where it is none or a mark."""
    match element.name, element.children:
        case "msub" | "munder", (base, below):
            return Scripts(base, below, None, element.name == "munder")
        case "msup" | "mover", (base, above):
            return Scripts(base, None, above, element.name == "mover")
        case "msubsup" | "munderover", (base, below, above):
            return Scripts(base, below, above, element.name == "munderover")
    return None


def mark(element: MathElement) -> str:
    """Return the sign that is a mark over or under the rest of an element, "" where none is."""
    is_mark = element.get("accent") == "true" or element.get("accentunder") == "true"
    return element.children[1].text if is_mark and len(element.children) > 1 else ""


def width(element: MathElement) -> float:
    """Return the width of a space in em."""
    return float(element.get("width").removesuffix("em") or 0)


def rules(cell: MathElement) -> frozenset[str]:
    """Return on which sides of a cell a line stands."""
    return frozenset(name.removeprefix("rule-") for name in cell.get("class").split())

"""Formulas as data for Typst: lists that templates/exports/math.typ walks through: a kind, then what belongs to it."""

from collections.abc import Callable

from webapp.exports.math_shapes import ACCENTS, PRIMES, Scripts, fenced, mark, rules, scripts, width
from webapp.manuscript.math.mathml import MathElement

_ARROWS = frozenset("→←↔⇒⇐⇔↦⟶⟵⟷⇌")
_Data = list[object]
_BRACES = {"⏞": "overbrace", "⏟": "underbrace", "¯": "overline", "\u0332": "underline", "_": "underline"}


def math_data(element: MathElement) -> _Data:
    """Return an element as data."""
    if element.name in _TOKENS:
        return _TOKENS[element.name](element)
    fences = fenced(element)
    if fences:
        return ["lr", fences.opening, _row(fences.inside), fences.closing]
    if mark(element):
        return _marked(element)
    at = scripts(element)
    if at:
        return _attached(at)
    return _layout(element)


def _row(children: tuple[MathElement, ...]) -> _Data:
    return ["row", [math_data(child) for child in children]]


def _letter(element: MathElement) -> _Data:
    if len(element.text) > 1:
        return ["op", element.text]
    return ["upright" if element.get("mathvariant") == "normal" else "sign", element.text]


def _operator(element: MathElement) -> _Data:
    if size := element.get("minsize"):
        return ["big", float(size.removesuffix("em")), element.text]
    return ["sign", element.text] if len(element.text) == 1 else ["op", element.text]


_TOKENS: dict[str, Callable[[MathElement], _Data]] = {
    "mi": _letter,
    "mo": _operator,
    "mn": lambda element: ["text", element.text],
    "mtext": lambda element: ["text", element.text],
    "mspace": lambda element: ["space", width(element)],
}


def _marked(element: MathElement) -> _Data:
    sign, inside = mark(element), math_data(element.children[0])
    is_stretched = element.children[1].get("stretchy") != "false"
    if sign in _BRACES and is_stretched:
        return [_BRACES[sign] if element.name == "mover" or sign != "¯" else "underline", inside]
    if sign in ACCENTS:
        return ["accent", inside, ACCENTS[sign]]
    return ["attach", inside, None, math_data(element.children[1]), True, 0]


def _attached(at: Scripts) -> _Data:
    primes = PRIMES.get(at.above.text, 0) if at.above and at.above.name == "mo" else 0
    parts = [_small(math_data(part)) if part else None for part in (at.below, at.above)]
    is_arrow = at.limits and at.base.text in _ARROWS and at.base.get("stretchy") != "false"
    base = ["arrow", at.base.text] if is_arrow else math_data(at.base)
    moves = at.limits and at.is_large and not at.is_integral and at.base.get("movablelimits") != "false"
    return ["attach", base, *parts, "auto" if moves else at.limits, primes]


def _small(data: object) -> object:
    """Return data in which tables are as small as what they stand in."""
    match data:
        case ["table", cells, "text", *rest]:
            return ["table", _small(cells), "", *rest]
        case list():
            return [_small(inside) for inside in data]
    return data


def _layout(element: MathElement) -> _Data:
    children, data = element.children, _Data()
    match element.name:
        case "mfrac":
            data = ["stack" if element.get("linethickness") else "frac", *map(math_data, children)]
        case "mroot":
            data = ["root", *map(math_data, children)]
        case "mtable":
            data = _table(element)
        case "mmultiscripts":
            data = _around(children)
        case "menclose":
            notation = element.get("notation")
            data = ["box" if notation == "box" else "cancel", _row(children), notation]
        case "msqrt" | "mphantom":
            data = [element.name, _row(children)]
        case "mstyle" if style := element.get("displaystyle"):
            data = ["display" if style == "true" else "inline", _row(children)]
        case _:
            data = _row(children)
    return data


def _around(children: tuple[MathElement, ...]) -> _Data:
    """Return a base with scripts on both sides, those before it behind the element that says so."""
    names = [child.name for child in children]
    parted = names.index("mprescripts") if "mprescripts" in names else len(children)
    behind, before = children[1:parted], children[parted + 1 :]
    sides = [[math_data(part) for part in side[:2]] if len(side) > 1 else [None, None] for side in (behind, before)]
    return ["around", math_data(children[0]), *sides[0], *sides[1]]


def _table(element: MathElement) -> _Data:
    """Return a table; of an equation's two sides the right one begins where the left one ends, so they are one cell."""
    rows = [row.children for row in element.children]
    cells = [[["cell", cell.get("columnalign") or "center", _row(cell.children)] for cell in row] for row in rows]
    style = "display" if element.get("displaystyle") == "true" else "text"
    lines = sorted({at for row in rows for at, cell in enumerate(row, 1) if "right" in rules(cell)})
    above = [at for at, row in enumerate(rows) if any("top" in rules(cell) for cell in row)]
    return ["table", cells, style, [at for at in lines if at < len(rows[0])], [at for at in above if at]]

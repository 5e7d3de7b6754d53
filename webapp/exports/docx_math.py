"""Formulas for Word: MathML as Office Math (ECMA-376 part 1, chapter 22.1)."""

from collections.abc import Callable, Iterator
from html import escape

from webapp.exports.math_shapes import ACCENTS, Scripts, fenced, mark, rules, scripts, width
from webapp.kit.xml import xml_text
from webapp.manuscript.math.mathml import MathElement

_FONT = '<w:rPr><w:rFonts w:ascii="Cambria Math" w:hAnsi="Cambria Math"/></w:rPr>'
# What a sum or an integral does not reach beyond
_RELATIONS = frozenset("=<>≤≥≠≈≡∼→⇒⟹⟺⇔∝,;")
# Not all large operators: LibreOffice knows no others that have limits and a place for what they are of
_NARY = frozenset("∑∏∐∫∬∭∮∯∰")
_STRIKES = {"updiagonalstrike": "strikeBLTR", "downdiagonalstrike": "strikeTLBR"}
_SIDES = ("hideTop", "hideBot", "hideLeft", "hideRight")
_SEEN = 0.15  # em; narrower spaces Word makes itself


def _run(text: str, properties: str) -> str:
    shown = escape(xml_text(text))
    return f'<m:r><m:rPr>{properties}</m:rPr>{_FONT}<m:t xml:space="preserve">{shown}</m:t></m:r>'


_GAP = _run("\u2003", "<m:nor/>")
_NOTHING = _run("\u200b", "<m:nor/>")  # where Word would show that something is missing


class NoOfficeMathError(ValueError):
    """A formula has something that Word has no word for."""


def office_math(element: MathElement, *, display: bool) -> str:
    """Return a formula as Office Math; raise NoOfficeMathError where Word cannot show it."""
    inside = f"<m:oMath>{_row(element.children)}</m:oMath>"
    return f"<m:oMathPara>{inside}</m:oMathPara>" if display else inside


def _row(children: tuple[MathElement, ...]) -> str:
    return "".join(_written(children))


def _written(children: tuple[MathElement, ...]) -> Iterator[str]:
    at = 0
    while at < len(children):
        element, at = children[at], at + 1
        found = scripts(element)
        if _is_nary(found.base if found and not mark(element) else element):
            stop = _reach(children, at)
            yield _large(found or Scripts(element, None, None, limits=False), _row(children[at:stop]) or _NOTHING)
            at = stop
        else:
            yield _element(element)


def _is_nary(element: MathElement) -> bool:
    return element.name == "mo" and element.text in _NARY


def _reach(children: tuple[MathElement, ...], start: int) -> int:
    """Return where what a sum or an integral is of ends: before the next relation."""
    stop = start
    while stop < len(children) and not (children[stop].name == "mo" and children[stop].text in _RELATIONS):
        stop += 1
    return stop


def _large(at: Scripts, operand: str) -> str:
    place = "undOvr" if at.limits else "subSup"
    hidden = "".join(
        f'<m:{name} m:val="1"/>' for name, part in (("subHide", at.below), ("supHide", at.above)) if part is None
    )
    properties = f'<m:chr m:val="{at.base.text}"/><m:limLoc m:val="{place}"/>{hidden}'
    limits = _in("sub", at.below) + _in("sup", at.above)
    return f"<m:nary><m:naryPr>{properties}</m:naryPr>{limits}<m:e>{operand}</m:e></m:nary>"


def _in(name: str, element: MathElement | None) -> str:
    """Return an element as the argument of another, a row without a row of its own."""
    if element is None:
        return f"<m:{name}/>"
    is_row = element.name == "mrow" and not fenced(element)
    return f"<m:{name}>{_row(element.children if is_row else (element,)) or _NOTHING}</m:{name}>"


def _element(element: MathElement) -> str:
    fences = fenced(element)
    if fences:
        signs = f'<m:begChr m:val="{escape(fences.opening)}"/><m:endChr m:val="{escape(fences.closing)}"/>'
        return f"<m:d><m:dPr>{signs}</m:dPr><m:e>{_row(fences.inside)}</m:e></m:d>"
    if mark(element):
        return _marked(element, mark(element))
    found = scripts(element)
    if found:
        return _attached(found)
    if element.name in _WRITERS:
        return _WRITERS[element.name](element)
    if element.name in {"mrow", "mstyle"}:
        return _row(element.children)
    raise NoOfficeMathError


def _letter(element: MathElement) -> str:
    is_upright = len(element.text) > 1 or element.get("mathvariant") == "normal"
    return _run(element.text, '<m:sty m:val="p"/>' if is_upright else '<m:sty m:val="i"/>')


def _space(element: MathElement) -> str:
    return _run(" " * max(1, round(width(element) * 2)), "<m:nor/>") if width(element) > _SEEN else ""


def _marked(element: MathElement, sign: str) -> str:
    base = _in("e", element.children[0])
    is_over = element.name == "mover"
    if sign in {"⏞", "⏟"}:
        place = '<m:pos m:val="top"/><m:vertJc m:val="bot"/>' if is_over else ""
        return f'<m:groupChr><m:groupChrPr><m:chr m:val="{sign}"/>{place}</m:groupChrPr>{base}</m:groupChr>'
    if not is_over or (sign == "¯" and element.children[1].get("stretchy") != "false"):
        return f'<m:bar><m:barPr><m:pos m:val="{"top" if is_over else "bot"}"/></m:barPr>{base}</m:bar>'
    if sign in ACCENTS:
        return f'<m:acc><m:accPr><m:chr m:val="{ACCENTS[sign]}"/></m:accPr>{base}</m:acc>'
    return _attached(Scripts(element.children[0], None, element.children[1], limits=True))


def _attached(at: Scripts) -> str:
    base = _in("e", at.base)
    if not at.limits:
        below, above = (_in(name, part) if part else "" for name, part in (("sub", at.below), ("sup", at.above)))
        name = "sSubSup" if below and above else "sSub" if below else "sSup"
        return f"<m:{name}>{base}{below}{above}</m:{name}>"
    if at.below:
        base = f"<m:e><m:limLow>{base}{_in('lim', at.below)}</m:limLow></m:e>"
    if at.above:
        base = f"<m:e><m:limUpp>{base}{_in('lim', at.above)}</m:limUpp></m:e>"
    return base.removeprefix("<m:e>").removesuffix("</m:e>")


def _fraction(element: MathElement) -> str:
    kind = '<m:fPr><m:type m:val="noBar"/></m:fPr>' if element.get("linethickness") else ""
    above, below = element.children
    return f"<m:f>{kind}{_in('num', above)}{_in('den', below)}</m:f>"


def _root(element: MathElement) -> str:
    if element.name == "msqrt":
        return f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e>{_row(element.children)}</m:e></m:rad>'
    base, degree = element.children
    return f"<m:rad>{_in('deg', degree)}{_in('e', base)}</m:rad>"


def _table(element: MathElement) -> str:
    rows = [row.children for row in element.children]
    if any(rules(cell) for row in rows for cell in row):
        raise NoOfficeMathError
    columns = max(map(len, rows))
    longest = next(row for row in rows if len(row) == columns)
    sides = [cell.get("columnalign") or "center" for cell in longest]
    kinds = "".join(f'<m:mc><m:mcPr><m:count m:val="1"/><m:mcJc m:val="{side}"/></m:mcPr></m:mc>' for side in sides)
    is_equation = sides[:2] == ["right", "left"]
    gap = '<m:cGpRule m:val="3"/><m:cGp m:val="0"/>' if is_equation else ""
    cells = "".join(f"<m:mr>{''.join(_cells(row, columns, is_equation=is_equation))}</m:mr>" for row in rows)
    return f'<m:m><m:mPr><m:plcHide m:val="1"/>{gap}<m:mcs>{kinds}</m:mcs></m:mPr>{cells}</m:m>'


def _cells(row: tuple[MathElement, ...], columns: int, *, is_equation: bool) -> Iterator[str]:
    """Yield the cells of a row; an equation's sides touch, so that what stands beside it gets a space before it."""
    for at in range(columns):
        children = row[at].children if at < len(row) else ()
        # For LibreOffice shows that nothing stands to the left of a relation, or in a cell.
        is_bare = not children or (children[0].name == "mo" and children[0].text in _RELATIONS)
        before = _NOTHING if is_bare else _GAP if is_equation and at > 1 and at % 2 == 0 else ""
        yield f"<m:e>{before}{_row(children)}</m:e>"


def _enclosed(element: MathElement) -> str:
    strikes = [_STRIKES[name] for name in element.get("notation").split() if name in _STRIKES]
    on = "".join(f'<m:{name} m:val="1"/>' for name in ([*_SIDES, *sorted(strikes)] if strikes else []))
    return f"<m:borderBox><m:borderBoxPr>{on}</m:borderBoxPr><m:e>{_row(element.children)}</m:e></m:borderBox>"


def _hidden(element: MathElement) -> str:
    return f'<m:phant><m:phantPr><m:show m:val="0"/></m:phantPr><m:e>{_row(element.children)}</m:e></m:phant>'


def _around(element: MathElement) -> str:
    """Return a base with scripts on both sides."""
    base, *others = element.children
    names = [child.name for child in others]
    if "mprescripts" not in names:
        raise NoOfficeMathError
    parted = names.index("mprescripts")
    behind, before = others[:parted], others[parted + 1 :]
    inside = _attached(Scripts(base, behind[0], behind[1], limits=False)) if len(behind) > 1 else _element(base)
    below, above = before[:2] if len(before) > 1 else (None, None)
    return f"<m:sPre>{_in('sub', below)}{_in('sup', above)}<m:e>{inside}</m:e></m:sPre>"


_WRITERS: dict[str, Callable[[MathElement], str]] = {
    "mi": _letter,
    "mn": lambda element: _run(element.text, '<m:sty m:val="p"/>'),
    "mo": lambda element: _run(element.text, '<m:sty m:val="p"/>'),
    "mtext": lambda element: _run(element.text, "<m:nor/>"),
    "mspace": _space,
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _root,
    "mtable": _table,
    "menclose": _enclosed,
    "mphantom": _hidden,
    "mmultiscripts": _around,
}

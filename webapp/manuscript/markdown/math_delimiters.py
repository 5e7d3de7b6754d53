r"""Where formulas stand in Markdown: $…$, $$…$$, \(…\), \[…\]; and which dollars are money."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.manuscript.markdown.sentinels import SENTINEL

# Chinese, Japanese and Korean letters and their punctuation
_EASTERN = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
# The words of: \text{利润} + 1
_TEXT = re.compile(r"\\(?:text[a-z]*|mbox|hbox|operatorname\*?)\s*\{(?:[^{}]|\{[^{}]*\})*\}")
# "\alpha", "^", "_" and "=" in "\alpha^2_i = 1"; nothing in "a\_b", where Markdown keeps the mark a letter
_TEX_SIGN = re.compile(r"\\[A-Za-z{}|,;! ]|\\\\|[=^]|(?<!\\)[_{}]")
_OPERATOR = re.compile("[+<>|]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_FUNCTIONS = frozenset(
    re.findall(r"\w+", "sin cos tan cot sec csc log ln exp lim max min sup inf det dim ker deg gcd arg mod")
)
_NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?%?")
# "12k" and "5, 10": sums of money
_SURE_SIGN = re.compile(r"\\[A-Za-z]{2}|\^|(?<!\\)[_{]")
_SUM = re.compile(r"[\d\s.,;:%–—-]+(?:[kKmMbB]n?)?[\s.,;:–—-]*")
# "is" in "x is y" and "to" in "5 to"
_NEXT_WORD = re.compile(r"[\w,]\s+([a-z]{2,})")
_SIGN = re.compile(r"`+|\\.|\$\$?", re.DOTALL)
# What may stand before the first sign of a line: "> - " and "1. "
_LINE_HEAD = re.compile(r"(?:[ \t>]|(?:[-+*]|\d{1,9}[.)])[ \t])*")
_CLOSINGS = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}
OPENINGS = {closing: opening for opening, closing in _CLOSINGS.items()}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and where it stands in a text, its delimiters taken along."""

    start: int
    stop: int
    tex: str


def _bare(tex: str) -> str:
    """Return a formula without the words in it, and without sentinels."""
    return _TEXT.sub(r"\\text ", SENTINEL.sub("", tex))


def _is_prose(bare: str) -> bool:
    words = (word for word in _WORD.findall(bare) if word not in _FUNCTIONS)
    if not _OPERATOR.search(bare) and any(len(word) > (4 if word.isupper() else 2) for word in words):
        return True
    return any(word not in _FUNCTIONS for word in _NEXT_WORD.findall(bare))


def is_formula(tex: str, delimiter: str) -> bool:
    """Return whether what stands between delimiters in a sentence is mathematics, and no sum of money, no prose."""
    bare = _bare(tex)
    if not bare.strip():
        return bool(tex.strip())
    if _EASTERN.search(bare) and (delimiter != "$$" or not _TEX_SIGN.search(bare)):
        return False
    if _TEX_SIGN.search(bare):
        return True
    is_sum = delimiter == "$" and _SUM.fullmatch(bare) and not _NUMBER.fullmatch(bare)
    return not is_sum and not _is_prose(bare)


def is_set_apart(tex: str, delimiter: str) -> bool:
    r"""Return whether what has lines of its own between delimiters is a formula; \[1\] is a bracket of Markdown's."""
    if delimiter == r"\[":
        return bool(tex.strip()) and (tex[0].isspace() or bool(_SURE_SIGN.search(tex)))
    return bool(tex.strip()) and tex.count("$") % 2 == 0


def looks_cut(tex: str, delimiter: str) -> bool:
    """Return whether a stretch beside a gate is the public half of a formula whose other delimiter is not public."""
    bare = _bare(tex)
    if not bare.strip():
        return delimiter != "$"
    if delimiter == "$" and (_SUM.fullmatch(bare) or _EASTERN.search(bare)):
        return False
    if _TEX_SIGN.search(bare):
        return not _EASTERN.search(bare) or delimiter == "$$"
    return not (_is_prose(bare) or _EASTERN.search(bare) or re.search("[A-Za-z]{3}", bare))


def may_open(text: str, start: int, end: int) -> bool:
    """Return whether a dollar may open a formula: nothing that it would be the currency of stands before it."""
    before, after = text[max(0, start - 1) : start], text[start + 1 : min(start + 2, end)]
    return not (before.isascii() and (before.isalnum() or before == "$")) and bool(after.strip()) and after != "$"


def may_close(text: str, at: int, end: int) -> bool:
    """Return whether a dollar may close a formula: a sum of money does not follow it."""
    after = text[at + 1 : min(at + 2, end)]
    return bool(text[at - 1].strip()) and not (after.isascii() and after.isdigit()) and after != "$"


def _closing(text: str, opening: str, start: int, end: int) -> int:
    """Return where a formula's closing delimiter stands, -1 where it has none; a backslash keeps what follows it."""
    closing, at = _CLOSINGS[opening], start
    while at < end:
        if text.startswith(closing, at):
            return at if at + len(closing) <= end else -1
        if text.startswith(opening, at):
            return -1
        at += 2 if text[at] == "\\" else 1
    return -1


def formula_at(text: str, start: int, end: int) -> Formula | None:
    """Return the formula that begins at a place in a sentence, None where none does."""
    opening = next((sign for sign in ("$$", "$", r"\(") if text.startswith(sign, start)), "")
    if not opening:
        return None
    inside = start + len(opening)
    stop = _closing(text, opening, inside, end)
    if stop < 0 or not is_formula(text[inside:stop], opening):
        return None
    tex, past = text[inside:stop], stop + len(opening)
    if opening == "$$" and ("$" in {text[start - 1 : start], text[past : past + 1]} or tex.count("$") % 2):
        return None
    if opening == "$" and not _dollars_hold(text, start, stop, end):
        return None
    return Formula(start, past, tex if opening == "$" else tex.strip())


def _dollars_hold(text: str, start: int, stop: int, end: int) -> bool:
    after = text[stop + 1 : min(stop + 2, end)]
    if after.isascii() and after.isalpha() and text[start + 2 : stop] and not _TEX_SIGN.search(text, start, stop):
        return False  # $HOME/bin:$PATH; but: the $n$th
    return may_open(text, start, end) and may_close(text, stop, end)


def formulas_between(text: str, start: int, end: int) -> Iterator[Formula]:
    """Yield the formulas of a paragraph in order, and what stands between backquotes as one without TeX."""
    at = start
    while found := _SIGN.search(text, at, end):
        sign, at = found[0], found.end()
        if sign[0] == "`":
            closing = re.compile(f"(?<!`){sign}(?!`)").search(text, at, end)
            formula = Formula(found.start(), closing.end(), "") if closing else None
        else:
            formula = _set_apart(text, found.start(), start, end) or formula_at(text, found.start(), end)
        if formula:
            yield formula
            at = formula.stop


def _set_apart(text: str, start: int, first: int, end: int) -> Formula | None:
    """Return the formula that begins at a place and has lines of its own."""
    opening, inside = text[start : start + 2], start + 2
    head = text[max(first, text.rfind("\n", first, start) + 1) : start]
    if opening not in {"$$", r"\["} or not _LINE_HEAD.fullmatch(head):
        return None
    stop = _closing(text, opening, inside, end)
    rest = text[stop + 2 : end].partition("\n")[0]
    if stop < 0 or rest.strip() or not is_set_apart(text[inside:stop], opening):
        return None
    return Formula(start, stop + 2, text[inside:stop].strip())

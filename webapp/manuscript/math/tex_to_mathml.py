"""TeX as MathML: what the parser does not know is written so that it does, and what is no formula is refused."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape

from math_core import LatexError, LatexToMathML

from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS
from webapp.manuscript.math.mathml import MathElement, MathError, read_mathml, write_mathml

_MACROS = {
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "mbox": r"\text{#1}",
    "hbox": r"\text{#1}",
    "dotsc": "…",
    "dotsb": r"\cdots",
    "C": r"\mathbb{C}",
    "abs": r"\left|#1\right|",
    "norm": r"\left\|#1\right\|",
    "pmb": r"\boldsymbol{#1}",
}
_parser = LatexToMathML(fancy_error=False, macros=_MACROS)
_LONGEST = 10_000
_LONG = 60  # in a sentence: on a phone it may have to scroll
# The parser calls itself for what stands within something, and a thread's stack has an end.
_DEEPEST = 400
# \begin{align}: numbers of formulas would be counted anew in each of them
_NUMBERED = re.compile(r"\\(begin|end)\{(align|gather|equation|multline)\}")
_ENVIRONMENTS = {"split": "aligned", "smallmatrix": "matrix", "displaymath": "gathered", "math": "gathered"}
_RENAMED = re.compile(r"\\(begin|end)\{(split|smallmatrix|displaymath|math)\}")
_EQUATIONS = re.compile(r"\\begin\{eqnarray\*?\}(.*?)\\end\{eqnarray\*?\}", re.DOTALL)
_UNSEEN = re.compile(r"\\label\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z])")
_DOTS = re.compile(r"\\(?:ldots|dots)(?![A-Za-z])")
# The formula in: \text{for $x$ here}
_TEXT = re.compile(r"\\(?:text|mbox|hbox)\{((?:[^{}]|\{[^{}]*\})*)\}")
_IN_TEXT = re.compile(r"\$([^$]+)\$")
_CHINESE = re.compile(f"[{CHINESE_CHARACTERS}]+")
_FORBIDDEN = re.compile(
    r"\\(?:[gex]?def|let|(?:re|provide)?newcommand|renewcommand|providecommand|DeclareMathOperator|require|eqref|ref)"
    "(?![A-Za-z])"
)
# Each sign of: \frac{a}{b} & \\
_SIGNS = re.compile(r"\\[A-Za-z]+|\\.|[{}&^_]", re.DOTALL)


@lru_cache(maxsize=4096)  # one rendering asks some five times for each
def math_tree(tex: str, *, display: bool) -> MathElement | None:
    """Return the MathML of a formula, None where it is none or one that cannot be shown rightly."""
    if len(tex) > _LONGEST or _FORBIDDEN.search(tex) or "\0" in tex:
        return None
    mended = _mended(tex) if display else _mended_anywhere(tex)
    if _depth(mended) > _DEEPEST:
        return None
    try:
        written = _parser.convert_with_local_state(mended, displaystyle=display)
        tree = read_mathml(written)
    except (LatexError, MathError, UnicodeEncodeError):  # the last for half a surrogate pair, which is no text
        return None
    return tree if tree.children else None


def math_html(tex: str, *, display: bool) -> str:
    """Return a formula as MathML, or its source as code where it cannot be shown."""
    tree = math_tree(tex, display=display)
    if tree is None:
        return f'<code class="language-tex">{escape(tex)}</code>'
    block = ' display="block"' if display else ""
    inside = "".join(map(write_mathml, tree.children))
    written = f'<math{block} alttext="{escape(" ".join(tex.split()))}"><mrow>{inside}</mrow></math>'
    is_wide = not display and len(tex) > _LONG
    return f'<span class="math" tabindex="0">{written}</span>' if is_wide else written


def math_text(tex: str, *, display: bool) -> str:
    """Return the signs that a reader sees of a formula, or its source where it cannot be shown."""
    tree = math_tree(tex, display=display)
    return tree.signs if tree else tex


def _mended_anywhere(tex: str) -> str:
    tex = _NUMBERED.sub(r"\\\1{\2*}", _UNSEEN.sub("", tex))
    tex = _RENAMED.sub(lambda found: rf"\{found[1]}{{{_ENVIRONMENTS[found[2]]}}}", tex)
    tex = _EQUATIONS.sub(r"\\begin{array}{rcl}\1\\end{array}", tex)
    return _TEXT.sub(lambda found: _text_apart(found[0], found[1]), _DOTS.sub("…", tex))


def _text_apart(whole: str, inside: str) -> str:
    """Return a text with formulas in it as texts and formulas."""
    if not _IN_TEXT.search(inside):
        return whole
    pieces = _IN_TEXT.split(inside)
    return "{" + "".join(piece if at % 2 else rf"\text{{{piece}}}" for at, piece in enumerate(pieces)) + "}"


def _mended(tex: str) -> str:
    """Return a formula of its own lines with what is usual in one: Chinese, a tag, several lines."""
    tex = _mended_anywhere(tex)
    if _CHINESE.search(tex):
        tex = "".join(_chinese_as_text(tex))
    top = _top_level(tex)
    if r"\\" in top or "&" in top:
        kind = "align*" if "&" in top else "gather*"
        return rf"\begin{{{kind}}}{tex}\end{{{kind}}}"
    return rf"\begin{{equation*}}{tex}\end{{equation*}}" if r"\tag" in top else tex


def _chinese_as_text(tex: str) -> Iterator[str]:
    seen = 0
    for found in _TEXT.finditer(tex):
        yield _CHINESE.sub(r"\\text{\g<0>}", tex[seen : found.start()])
        yield found[0]
        seen = found.end()
    yield _CHINESE.sub(r"\\text{\g<0>}", tex[seen:])


def _top_level(tex: str) -> set[str]:
    """Return the signs of a formula that stand in no braces and no environment."""
    depth, top = 0, set()
    for sign in _SIGNS.findall(tex):
        depth -= sign in {"}", r"\end"}
        if not depth:
            top.add(sign)
        depth += sign in {"{", r"\begin"}
    return top


def _depth(tex: str) -> int:
    """Return how deep the parser may go at most: each command may be waiting for what follows it in its group."""
    deepest, waiting = 0, [0]
    for sign in _SIGNS.findall(tex):
        if sign in {"{", r"\begin", r"\left"}:
            waiting.append(waiting[-1] + 1)
        elif sign in {"}", r"\end", r"\right"}:
            waiting[-1:] = [] if len(waiting) > 1 else [0]
        elif sign in {"&", r"\\"}:
            waiting[-1] = waiting[-2] if len(waiting) > 1 else 0
        else:
            waiting[-1] += 1
        deepest = max(deepest, waiting[-1])
    return deepest

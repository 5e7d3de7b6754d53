"""Formulas for the Markdown parser: a rule for those in a sentence, and one for those that have lines of their own."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from webapp.manuscript.markdown.math_delimiters import OPENINGS, formula_at, is_set_apart
from webapp.manuscript.markdown.sentinels import ANCHOR, SENTINEL

_CLOSINGS = {opening: closing for closing, opening in OPENINGS.items() if opening in {"$$", r"\["}}
# "$$" that a passage begins before
_START = re.compile(rf"(?:{ANCHOR.pattern})*(\$\$|\\\[)")


def add_math(parser: MarkdownIt, containers: list[str]) -> None:
    """Let a parser know formulas, which end the paragraphs and the containers that these rules open."""
    parser.inline.ruler.before("escape", "math", _math)
    parser.block.ruler.before("fence", "math_block", _math_block, {"alt": containers})


def _math(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # the parser's signature of a rule
    formula = formula_at(state.src, state.pos, state.posMax) if state.src[state.pos] in "$\\" else None
    if formula is None or SENTINEL.search(formula.tex):
        return False
    if not silent:
        state.push("math", "", 0).content = formula.tex
    state.pos = formula.stop
    return True


def is_whole(tex: str) -> bool:
    """Return whether a formula is one, and nothing is in it but ends of passages that are marked."""
    bare = ANCHOR.sub("", tex)
    return bool(bare.strip()) and not SENTINEL.search(bare)


def _last_line(state: StateBlock, first: int, end: int, opening: str) -> int | None:
    """Return the line that a formula ends with, None where it ends in the middle of one, or not at all."""
    closing = _CLOSINGS[opening]
    for line in range(first, end):
        text = ANCHOR.sub("", state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]).rstrip()
        if line > first and (not text or state.sCount[line] < state.blkIndent):
            return None
        text = text[2:] if line == first else text
        if text.endswith(closing) and text.count(closing) == 1:
            return line
        if opening in text or closing in text:
            return None
    return None


def _math_block(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    if state.is_code_block(first):
        return False
    start = state.bMarks[first] + state.tShift[first]
    opening = _START.match(state.src, start)
    last = _last_line(state, first, end, opening[1]) if opening else None
    if not opening or last is None:
        return False
    tex = state.getLines(first, last + 1, state.sCount[first], keepLastLF=False).strip()
    bare = ANCHOR.sub("", tex)[2:-2]
    if not is_set_apart(bare, opening[1]) or not is_whole(bare):
        return False
    if not silent:
        state.line = last + 1
        token = state.push("math_block", "", 0)
        anchors = "".join(found[0] for found in ANCHOR.finditer(tex))
        token.content, token.map = anchors + (bare if "\n" in bare else bare.strip()), [first, state.line]
    return True

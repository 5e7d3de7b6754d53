"""The step of the Markdown parser between blocks and inlines that closes marks which a gate cuts."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType

from webapp.manuscript.markdown.cjk_emphasis import LooseMark
from webapp.manuscript.markdown.cut_marks import (
    Edit,
    GatedText,
    address_edits,
    bracket_edits,
    closed_mark,
    code_edits,
    name_edits,
    without_code,
)
from webapp.manuscript.markdown.cut_scripts import script_edits
from webapp.manuscript.markdown.sentinels import BLOCK_PREFIX, SENTINEL

GATES = "gates"  # the key of the parser's environment under which a text's gates stand, as its sentinels
LooseMarks = Callable[[str, EnvType], list[LooseMark]]
_MARKS = frozenset("`[]*_~=^){")


def close_marks(state: StateCore, loose_marks: LooseMarks) -> None:
    """Close the marks of each block that holds a gate, or that a gate follows without an empty line."""
    gates: frozenset[str] = state.env.get(GATES, frozenset())
    if not gates:
        return
    following = _followed_by_gates(state, gates)
    for before, token in pairwise(state.tokens):
        if token.type == "inline" and not _MARKS.isdisjoint(token.content):
            behind = following.get(id(token), "")
            text = _gated(token.content + behind, gates)
            if text.starts:
                text = text.edited(name_edits(text) if before.type == "paragraph_open" else ())
                token.content = _closed(text, lambda src: loose_marks(src, state.env)).removesuffix(behind)


def _gated(text: str, gates: frozenset[str]) -> GatedText:
    found = [each for each in SENTINEL.finditer(text) if each[0] in gates]
    return GatedText(text, tuple(each.start() for each in found), tuple(each.end() for each in found))


def _followed_by_gates(state: StateCore, gates: frozenset[str]) -> dict[int, str]:
    """Return the gate on the next line of each heading and of each row of a table, by its last inline token's id."""
    lines = state.src.split("\n")
    found: dict[int, str] = {}
    below, last = 0, None
    for token in state.tokens:
        if token.type in {"heading_open", "tr_open"} and token.map:
            below, last = token.map[1], None
        elif token.type == "inline" and token.content:
            last = token
        elif token.type in {"heading_close", "tr_close"} and isinstance(last, Token) and below < len(lines):
            prefix = BLOCK_PREFIX.match(lines[below])
            gate = SENTINEL.match(lines[below], prefix.end() if prefix else 0)
            if gate and gate[0] in gates:
                found[id(last)] = gate[0]
    return found


def _closed(text: GatedText, loose_marks: Callable[[str], list[LooseMark]]) -> str:
    text = text.edited(code_edits(text))
    text = text.edited(bracket_edits(text))
    text = text.edited(address_edits(text))
    text = text.edited(script_edits(text, without_code(text.text)))
    loose = loose_marks(text.text)
    edits = list(_emphasis_edits(text, loose))
    if not edits:
        return text.text
    closed = text.edited(edits)
    if len(loose_marks(closed.text)) <= len(loose) - len(edits):
        return closed.text
    # Where a link stands between a mark and its gate, no other half can be put there.
    meant = [mark for mark in loose if closed_mark(text, mark.start, mark.stop, opens=mark.opens, closes=mark.closes)]
    return text.edited(Edit(mark.start, mark.stop) for mark in meant).text


def _emphasis_edits(text: GatedText, loose: list[LooseMark]) -> Iterator[Edit]:
    """Yield the other halves: of marks at one gate the last opened is closed first, the last closed opened first."""
    for mark in reversed(loose):
        if edit := closed_mark(text, mark.start, mark.stop, opens=mark.opens, closes=mark.closes):
            yield edit

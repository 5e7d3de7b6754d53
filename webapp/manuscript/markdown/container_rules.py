"""Blocks that hold blocks: <details>, and remarks between lines of colons."""

import re
from bisect import bisect_left

from markdown_it.rules_block import StateBlock

from webapp.manuscript.markdown.callouts import CALLOUT_KINDS

_COLONS = re.compile(r":{3,}[ \t]*([A-Za-z]+)(?:[ \t]*\[([^\]\n]*)\]|[ \t]+(.*?))?[ \t]*:*[ \t]*$")
_COLONS_ALONE = re.compile(r":{3,}[ \t]*$")
_DETAILS = re.compile("(?i)<details>[ \t]*")
_SUMMARY = re.compile(r"(?is)\s*<summary>(.*?)</summary>[ \t]*\n?")
_DETAILS_END = re.compile("(?i)</details>[ \t]*$")
_DETAILS_ENDS = re.compile("(?im)<(/?)details>")


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _is_outside(state: StateBlock, line: int) -> bool:
    """Return whether a line with words no longer stands in what a block began."""
    return not state.isEmpty(line) and state.sCount[line] < state.blkIndent


def _tokenize(state: StateBlock, first: int, past: int) -> None:
    end, parent = state.lineMax, state.parentType
    state.lineMax = past
    state.md.block.tokenize(state, first, past)
    state.lineMax, state.parentType = end, parent


def read_colons(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Read a remark that stands between lines of colons; the first says its kind and perhaps a title."""
    found = None if state.is_code_block(first) else _COLONS.match(_line(state, first))
    if not found or found[1].lower() not in {*CALLOUT_KINDS, "details"}:
        return False
    if silent:
        return True
    last, depth = first + 1, 1
    while last < end and not _is_outside(state, last):
        line = _line(state, last)
        depth += -1 if _COLONS_ALONE.match(line) else bool(_COLONS.match(line))
        if not depth:
            break
        last += 1
    opening = state.push("remark_open", "", 1)
    opening.map = [first, last]
    opening.meta = {"kind": found[1].lower(), "title": (found[2] or found[3] or "").strip()}
    title = state.push("inline", "", 0)
    title.content, title.children = opening.meta["title"], []
    _tokenize(state, first + 1, last)
    state.push("remark_close", "", -1)
    state.line = last + (not depth)
    return True


def read_details(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Read what stands between the tags of <details>, with its summary."""
    line = "" if state.is_code_block(first) else _line(state, first)
    if _DETAILS_END.match(line):
        if not silent:
            state.line = first + 1
        return True
    if not _DETAILS.match(line):
        return False
    if silent:
        return True
    last, depth = first, 0
    while last < end and not (last > first and _is_outside(state, last)):
        for found in _DETAILS_ENDS.finditer(_line(state, last)):
            depth += -1 if found[1] else 1
            if not depth:
                break
        if not depth:
            break
        last += 1
    _put_details(state, first, last, is_closed=not depth)
    return True


def _put_details(state: StateBlock, first: int, last: int, *, is_closed: bool) -> None:
    past = last + 1 if is_closed else last
    start, stop = state.bMarks[first] + state.tShift[first], state.eMarks[past - 1]
    kept = state.bMarks[:], state.tShift[:], state.eMarks[:], state.sCount[:]
    if is_closed:
        stop = state.src.lower().rindex("</details>", start, stop)
        state.eMarks[last] = stop
    found = _DETAILS.match(state.src, start)
    place = found.end() if found else start
    if place >= kept[2][first] and first + 1 < past:  # on the next line, behind what that one begins with: > of a quote
        place = state.bMarks[first + 1] + state.tShift[first + 1]
    summary = _SUMMARY.match(state.src, place, stop)
    place = summary.end() if summary else place
    inner = bisect_left(state.eMarks, place, first, past)
    if inner < past and place > state.bMarks[inner]:
        state.bMarks[inner], state.tShift[inner], state.sCount[inner] = place, 0, state.blkIndent
    opening = state.push("details_open", "", 1)
    opening.map = [first, past]
    title = state.push("inline", "", 0)
    title.content, title.children = (" ".join(summary[1].split()) if summary else ""), []
    _tokenize(state, min(inner, past), past)
    state.push("details_close", "", -1)
    state.bMarks, state.tShift, state.eMarks, state.sCount = kept
    state.line = past

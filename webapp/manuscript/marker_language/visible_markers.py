"""The last check: what a reader of the preview would see as a marker, however it came about."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from webapp.manuscript.block_walk import flat, inline_runs, walk
from webapp.manuscript.blocks import Blocks, Image, InlineGate, InlineLeaf, Run
from webapp.manuscript.inline_runs import leaf_text
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.markdown.sentinels import weave_sentinels
from webapp.manuscript.marker_language.markers import suspects
from webapp.manuscript.plain_text_lines.text_lines import LINE_BREAK
from webapp.manuscript.redact import Cut, Literal
from webapp.manuscript.structure import SourceFormat

EDITOR_BREAK = re.compile(r"\r\n?|\n")
_EDITOR_BREAKS = ("\r\n", "\r", "\n")  # a line of a text may end elsewhere, too, where no editor counts one
_BARRIER = "\ufffc" * 12  # longer than any near-marker: nothing is read across it


def _plainly(run: Run) -> str:
    """Return a run with a barrier for what an escape made literal, and for a gate."""
    return "".join(map(_plain_leaf, flat(run)))


def _plain_leaf(leaf: InlineLeaf) -> str:
    if isinstance(leaf, Literal | InlineGate):
        return _BARRIER
    # What a picture shows is read out to who cannot see it.
    return f"{leaf.description} {leaf.title}" if isinstance(leaf, Image) else leaf_text(leaf)


def visible_markers(source: str, fmt: SourceFormat, cut: Cut, blocks: Blocks) -> Iterator[tuple[int, str]]:
    """Return line (of its block in the source, from 1) and wording of each marker that the blocks show."""
    texts = [(block.line, _plainly(run) + _BARRIER) for block in walk(blocks) for run in inline_runs(block)]
    found = list(suspects("".join(text for _, text in texts)))
    if not found:
        return
    starts = [0]
    for _, text in texts:
        starts.append(starts[-1] + len(text))
    lines = source_lines(source, fmt, cut)
    for offset, wording in found:
        yield lines[texts[bisect_right(starts, offset) - 1][0]], wording


def source_lines(source: str, fmt: SourceFormat, cut: Cut) -> list[int]:
    """Return the line of the source, from 1, where each line of a cut of it begins."""
    texts = tuple((part.offset, part.content) for part in cut.parts if isinstance(part.content, str))
    pieces = weave_sentinels(cut).pieces if fmt is SourceFormat.MARKDOWN else texts
    places = list(line_columns(source, [offset for offset, _ in pieces]))
    breaks = EDITOR_BREAK if fmt is SourceFormat.MARKDOWN else LINE_BREAK
    lines = [places[0][0] if places else 1]
    is_made = False
    for (offset, text), (line, _) in zip(pieces, places, strict=True):
        if is_made:
            lines[-1] = line
        # A line of its own, made for a gate, begins where the next piece came from.
        is_made = text == "\n" and source[offset] not in "\r\n"
        numbers = accumulate((found in _EDITOR_BREAKS for found in breaks.findall(text)), initial=line)
        lines += [line] if is_made else list(numbers)[1:]
    return lines

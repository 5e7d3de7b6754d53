"""Tables of a plain text: lines whose words stand in columns, by tabs or by spaces."""

import itertools
import re
from collections.abc import Iterator

from webapp.manuscript.blocks import CodeBlock, Inline, Run, Table, Text
from webapp.manuscript.inline_runs import merged, parted, trimmed
from webapp.manuscript.plain_text_lines.text_lines import GATE, Group, TextLine, width_of

_SPACES = re.compile(r"[ \t]{2,}|\t")
_ENDS_SENTENCE = tuple('.!?:;”"’)')  # after which two spaces are an old habit of typists, and no gap
# What marks items, and is no column: the bullets of word processors, 1. and (1)
_MARK = re.compile(r"[-*•·▪■◆●○►–—§Øluqno]|\(?[0-9０-９]{1,3}[.)、．]?|[（(]\w[）)]|[a-z][.)]|第\S{1,5}")
_NUMBER = re.compile(r"[-+−–—(]?[$€£¥￥]?\d[\d.,\s]*[%％)‰]?|[-–—.…/]")
_FEWEST_COLUMNS = 2
_WIDE_GAP = 3

Cells = list[tuple[int, int]]  # where each begins and ends in the text of its line


def _gaps(text: str) -> Iterator[re.Match[str]]:
    for found in _SPACES.finditer(text):
        if found[0] != "  " or not text.endswith(_ENDS_SENTENCE, 0, found.start()):
            yield found


def _cells(text: str) -> Cells:
    gaps = [found.span() for found in _gaps(text)]
    starts = [0, *(stop for _, stop in gaps)]
    return list(zip(starts, [*(start for start, _ in gaps), len(text)], strict=True))


def _is_row(line: TextLine) -> bool:
    if "\t" not in line.text and "  " not in line.text:
        return False
    cells = _cells(line.text)
    return len(cells) >= _FEWEST_COLUMNS and not _MARK.fullmatch(line.text[slice(*cells[0])])


def table_regions(group: Group) -> Iterator[tuple[bool, Group]]:
    """Return the lines of a group in stretches, and of each whether its words may stand in columns."""
    region: Group = []
    kind = False
    for line in group:
        is_row = _is_row(line)
        if region and is_row != kind:
            yield kind and len(region) > 1, region
            region = []
        kind = is_row
        region.append(line)
    yield kind and len(region) > 1, region


def _is_aligned(rows: list[tuple[TextLine, Cells]], column: int) -> bool:
    """Return whether a column's words begin, or end, at one place in all lines; those with gates have no places."""
    plain = [(line, cells[column]) for line, cells in rows if GATE not in line.text]
    starts = {line.indent + width_of(line.text[:start]) for line, (start, _) in plain}
    ends = {line.indent + width_of(line.text[:end]) for line, (_, end) in plain}
    return len(starts) <= 1 or len(ends) <= 1


def _is_numeric(rows: list[tuple[TextLine, Cells]], column: int) -> bool:
    texts = [line.text[slice(*cells[column])] for line, cells in rows[1:]]
    return all(GATE in text or _NUMBER.fullmatch(text.strip()) for text in texts)


def table_of(lines: Group) -> Table | CodeBlock | None:
    """Return lines as a table where its columns are certain, as they are where they are likely, else None."""
    rows = [(line, _cells(line.text)) for line in lines]
    columns = len(rows[0][1])
    is_regular = all(len(cells) == columns for _, cells in rows)
    by_tabs = all("\t" in line.text for line in lines)
    aligned = is_regular and all(_is_aligned(rows, column) for column in range(columns))
    numeric = [is_regular and _is_numeric(rows, column) for column in range(columns)]
    if is_regular and (by_tabs or (aligned and any(numeric))):
        cells = [_row(line, places) for line, places in rows]
        aligns = tuple("right" if number else "" for number in numeric)
        return Table(cells[0], tuple(cells[1:]), aligns, lines[0].number)
    if aligned or all(_has_wide_gap(line.text) for line in lines):
        return as_typed(lines)
    return None


def _has_wide_gap(text: str) -> bool:
    return any(len(found[0]) >= _WIDE_GAP or "\t" in found[0] for found in _gaps(text))


def _row(line: TextLine, cells: Cells) -> tuple[Run, ...]:
    out: list[Run] = []
    rest, seen = line.run, 0
    for (_, _end), (start, _) in itertools.pairwise(cells):
        head, rest = parted(rest, start - seen)
        out.append(trimmed(head))
        seen = start
    return (*out, trimmed(rest))


def as_typed(lines: Group) -> CodeBlock:
    """Return lines with all their spaces."""
    nodes: list[Inline] = []
    for line in lines:
        nodes += (*([Text("\n")] if nodes else []), *line.row)
    return CodeBlock(merged(nodes), "", lines[0].number)

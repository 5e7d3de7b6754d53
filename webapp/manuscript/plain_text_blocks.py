"""Plain text as blocks: the headings of a Chinese official report are told by their numbering."""

import re
from collections.abc import Iterable, Iterator

from webapp.manuscript.blocks import (
    Block,
    Blocks,
    GateBlock,
    Heading,
    Inline,
    InlineGate,
    PageBreak,
    Paragraph,
    Run,
    RunIn,
    SoftBreak,
    Text,
)
from webapp.manuscript.character_folding import fit
from webapp.manuscript.inline_runs import merged, parted, run_text, trimmed
from webapp.manuscript.redact import Cut, GateMark, PageBreakMark, TextPart

LINE_BREAK = re.compile(r"\r\n?|\n")

_NUMERAL = "(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
# 一、 level 1, （一） level 2, 1. level 3, （1） level 4; a number that goes on (2.5, 1、2月份) is none.
_NUMBERING = re.compile(rf"({_NUMERAL}、)|([（(]{_NUMERAL}[）)])|(\d{{1,2}}[.．、](?!\d))|([（(]\d{{1,2}}[）)])")
_LOWEST_WITH_FULL_STOP = 2  # （一）…。 alone on its line is a heading; 1.…。 is an item of a list
_HEADING_LENGTH = 50
_RUN_IN_LENGTHS = {1: 60, 2: 60, 3: 40, 4: 40}
# 。 of: （一）抓好落实。后文; ！” of: （二）“快！”后文
_CHINESE_SENTENCE = re.compile(r"[。！？!?]++[”’」』）)]*+")
_GOES_ON = "；;，,、"
# - of: - item; (12) of: (12) item; not 2025. of: 2025. A year
_ITEM = re.compile(r"(?:[-*•·]|\(?\d{1,3}[.)])\s")
_LONGEST_WRAPPED_LINE = 120
_GATE = "\ufffc"  # one character for one node, so that offsets in the text of a run are offsets in the run

_Row = tuple[int, Run | Block]


def _rows(parts: Iterable[TextPart]) -> Iterator[_Row]:
    """Return lines, and the blocks that divide them, with the number of the line, from 0."""
    line = 0
    row: list[Inline] = []
    for part in parts:
        match part.content:
            case str() as text:
                first, *others = LINE_BREAK.split(fit(text))
                row.append(Text(first))
                for other in others:
                    yield line, tuple(row)
                    line, row = line + 1, [Text(other)]
            case GateMark(number, inline=True):
                row.append(InlineGate(number))
            case GateMark() | PageBreakMark() as breaking:
                yield line, tuple(row)
                yield line, GateBlock(breaking.number, line) if isinstance(breaking, GateMark) else PageBreak(line)
                row = []
            case atom:
                row.append(atom)
    yield line, tuple(row)


def _official(run: Run, line: int) -> Block:
    text = run_text(run, _GATE)
    numbering = _NUMBERING.match(text)
    if not numbering:
        return Paragraph(run, line)
    level = numbering.lastindex or 1
    sentence = _CHINESE_SENTENCE.search(text, numbering.end(), _RUN_IN_LENGTHS[level])
    if sentence and text[sentence.end() :].strip():
        head, rest = parted(run, sentence.end())
        return Paragraph((RunIn(level, head), *rest), line)
    is_short = numbering.end() < len(text) <= _HEADING_LENGTH and not text.endswith(tuple(_GOES_ON))
    is_heading = is_short and (level <= _LOWEST_WITH_FULL_STOP or not sentence)
    return Heading(level, run, line) if is_heading else Paragraph(run, line)


def _line_by_line(rows: Iterable[_Row]) -> Iterator[Block]:
    for line, row in rows:
        if not isinstance(row, tuple):
            yield row
        elif run := trimmed(merged(row)):
            yield _official(run, line)


def _is_apart(before: Run, run: Run) -> bool:
    return len(run_text(before)) > _LONGEST_WRAPPED_LINE or bool(_ITEM.match(run_text(run)))


def _joined(rows: Iterable[_Row]) -> Iterator[Block]:
    """Return paragraphs between blank lines; the lines of one are joined where an editor wrapped them."""
    lines: list[Run] = []
    anchors: Run = ()  # those of a line that shows nothing go to the next that does
    first = 0
    for line, row in (*rows, (0, ())):
        run = trimmed(merged(row)) if isinstance(row, tuple) else ()
        is_blank = not run_text(run, _GATE)
        if lines and (is_blank or _is_apart(lines[-1], run)):
            yield _paragraph(lines, first)
            lines = []
        if is_blank:
            anchors += run
        else:
            first = first if lines else line
            lines.append((*anchors, *run))
            anchors = ()
        if not isinstance(row, tuple):
            yield row


def _paragraph(lines: list[Run], first: int) -> Paragraph:
    """Return lines as one paragraph; of its breaks the first is kept as one, for that line may be the title."""
    head, *others = lines
    if not others:
        return Paragraph(head, first)
    nodes = [node for line in others for node in (Text(" "), *line)]
    return Paragraph((*head, SoftBreak(" "), *merged(nodes[1:])), first)


def plain_blocks(cut: Cut, language: str) -> Blocks:
    """Return the blocks of a plain text: each line one in Chinese, paragraphs between blank lines otherwise."""
    rows = _rows(cut.parts)
    return tuple(_line_by_line(rows) if language == "zh" else _joined(rows))

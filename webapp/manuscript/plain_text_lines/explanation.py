"""What each line of a plain text was taken for, for its publisher, who may read all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from webapp.manuscript.block_walk import flat
from webapp.manuscript.blocks import (
    Block,
    CodeBlock,
    Heading,
    LineBreak,
    PageBreak,
    Paragraph,
    Run,
    RunIn,
    SoftBreak,
    Table,
    Text,
)
from webapp.manuscript.inline_runs import run_text
from webapp.manuscript.lint import Checked
from webapp.manuscript.marker_language.visible_markers import source_lines
from webapp.manuscript.redact import reveal
from webapp.manuscript.structure import SourceFormat, blocks_of, levelled


class LineKind(StrEnum):
    """What lines can be taken for."""

    TITLE = "title"
    HEADING = "heading"
    RUN_IN = "run-in"
    PARAGRAPH = "paragraph"
    JOINED = "joined"
    KEPT = "kept"
    TABLE = "table"
    TYPED = "typed"
    PAGE_BREAK = "page-break"


_OTHER_KINDS: dict[type[Block], LineKind] = {
    Table: LineKind.TABLE,
    CodeBlock: LineKind.TYPED,
    PageBreak: LineKind.PAGE_BREAK,
}


@dataclass(frozen=True, slots=True)
class TakenLines:
    """Lines of a source (from 1, the last included), what they were taken for, at which level, and how they begin."""

    first: int
    last: int
    kind: LineKind
    level: int
    text: str


def explain_lines(checked: Checked) -> Iterator[TakenLines]:
    """Yield what the lines of a plain text were taken for; nothing where it has an error or is no plain text."""
    if checked.document is None or checked.fmt is not SourceFormat.TEXT:
        return
    whole = reveal(checked.manuscript)
    numbers = source_lines(checked.manuscript.source, checked.fmt, whole)
    opening = checked.document.opening
    blocks = levelled(blocks_of(whole, checked.fmt, checked.document.language), checked.document.divisions)
    for block in blocks:
        run = _run(block)
        head = run_text(run).partition("\n")[0]
        count = 1 + _breaks(block, run)
        first, last = numbers[block.line], numbers[min(block.line + count, len(numbers)) - 1]
        kind, level = _taken(block)
        if opening and " ".join(head.split()) == opening:
            opening = ""
            kind, level = LineKind.TITLE, 0
        yield TakenLines(first, last, kind, level, head)


def _run(block: Block) -> Run:
    match block:
        case Heading() | Paragraph() | CodeBlock():
            return block.children
        case Table(header):
            return tuple(node for cell in header for node in (*cell, Text(" ")))
        case _:
            return ()


def _breaks(block: Block, run: Run) -> int:
    match block:
        case Table():
            return len(block.rows)
        case CodeBlock():
            return run_text(run).count("\n")
        case _:
            return sum(isinstance(leaf, SoftBreak | LineBreak) for leaf in flat(run))


def _taken(block: Block) -> tuple[LineKind, int]:
    match block:
        case Heading(level):
            return LineKind.HEADING, level
        case Paragraph((RunIn(level), *_)):
            return LineKind.RUN_IN, level
        case Paragraph(run):
            breaks = {type(leaf) for leaf in flat(run)}
            kept = LineKind.KEPT if LineBreak in breaks else LineKind.PARAGRAPH
            return LineKind.JOINED if SoftBreak in breaks else kept, 0
        case _:
            return _OTHER_KINDS.get(type(block), LineKind.PARAGRAPH), 0

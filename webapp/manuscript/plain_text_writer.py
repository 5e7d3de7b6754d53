"""Blocks as plain text."""

from collections.abc import Iterator
from dataclasses import replace

from webapp.manuscript.block_walk import inline_runs, inner_blocks, with_runs
from webapp.manuscript.blocks import (
    ELLIPSIS,
    Block,
    BlockQuote,
    Blocks,
    BulletList,
    Callout,
    DefinitionList,
    Details,
    Figure,
    Footnotes,
    GateBlock,
    Holder,
    Inline,
    Meaning,
    NoteReference,
    OrderedList,
    Run,
    Table,
    Text,
)
from webapp.manuscript.inline_runs import run_text


def _lines(block: Block) -> Iterator[str]:
    match block:
        case BulletList() | OrderedList():
            for number, item in enumerate(block.items, start=getattr(block, "start", 1)):
                mark = f"{number}. " if isinstance(block, OrderedList) else "- "
                yield mark + "\n".join(_lines_in(item)).replace("\n", "\n" + " " * len(mark))
        case BlockQuote() | Callout() | Details() | DefinitionList():
            yield from map(run_text, inline_runs(block))
            yield from (line for inside in inner_blocks(block) for line in _lines_in(inside))
        case Meaning():
            yield "\n".join(f"  {line}" for text in _lines_in(block.blocks) for line in text.split("\n"))
        case Footnotes():
            for number, note in enumerate(block.notes, start=1):
                mark = f"[{number}] "
                yield mark + "\n".join(_lines_in(note)).replace("\n", "\n" + " " * len(mark))
        case Table():
            yield from ("\t".join(map(run_text, row)) for row in (block.header, *block.rows))
        case Figure():
            yield run_text(block.caption)
        case GateBlock():
            yield ELLIPSIS
        case _:
            yield from map(run_text, inline_runs(block))


def _lines_in(blocks: Blocks) -> Iterator[str]:
    return (line for block in blocks for line in _lines(block))


def plain_text(blocks: Blocks) -> str:
    """Return what a reader sees of the blocks, an empty line between them."""
    return "\n\n".join(line for block in blocks if (line := "\n".join(_lines(block))))


def with_note_marks(blocks: Blocks) -> Blocks:
    """Return the blocks with each note's number in brackets where it is cited."""
    return with_runs(blocks, _with_marks)


def _with_marks(run: Run) -> Run:
    return tuple(map(_with_mark, run))


def _with_mark(node: Inline) -> Inline:
    match node:
        case NoteReference(number):
            return Text(f"[{number}]")
        case node if isinstance(node, Holder):
            return replace(node, children=_with_marks(node.children))
        case _:
            return node

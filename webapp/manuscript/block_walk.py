"""Ways through the tree of a text: its blocks, runs and leaves in order, and the same with some of them changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from webapp.manuscript.blocks import (
    Block,
    Blocks,
    BulletList,
    Callout,
    DefinitionList,
    Details,
    Figure,
    Footnotes,
    GateBlock,
    Holder,
    Holding,
    InlineGate,
    InlineLeaf,
    NoteReference,
    OrderedList,
    Run,
    Table,
    Worded,
)


def inner_blocks(block: Block) -> tuple[Blocks, ...]:
    """Return the blocks that stand in a block, in as many stretches as it keeps apart."""
    match block:
        case BulletList() | OrderedList():
            return block.items
        case DefinitionList():
            return (block.entries,)
        case Footnotes():
            return block.notes
        case block if isinstance(block, Holding):
            return (block.blocks,)
        case _:
            return ()


def with_inner_blocks(block: Block, change: Callable[[Blocks], Blocks]) -> Block:
    """Return a block with each stretch of blocks in it changed, in the order of the text."""
    match block:
        case BulletList() | OrderedList():
            return replace(block, items=tuple(map(change, block.items)))
        case DefinitionList():
            return replace(block, entries=change(block.entries))
        case Footnotes():
            return replace(block, notes=tuple(map(change, block.notes)))
        case block if isinstance(block, Holding):
            return replace(block, blocks=change(block.blocks))
        case _:
            return block


def walk(blocks: Iterable[Block]) -> Iterator[Block]:
    """Return the blocks and those inside them, in the order of the text."""
    for block in blocks:
        yield block
        for inside in inner_blocks(block):
            yield from walk(inside)


def inline_runs(block: Block) -> tuple[Run, ...]:
    """Return the runs of a block, without those of blocks inside it."""
    match block:
        case block if isinstance(block, Worded):
            return (block.children,)
        case Callout():
            return (block.title,)
        case Details():
            return (block.summary,)
        case Figure():
            return block.children, block.caption
        case Table():
            return (*block.header, *(cell for row in block.rows for cell in row))
        case _:
            return ()


def flat(run: Run) -> Iterator[InlineLeaf]:
    """Return the leaves of a run, in order."""
    for node in run:
        if isinstance(node, Holder):
            yield from flat(node.children)
        else:
            yield node


def gate_numbers(blocks: Blocks) -> Iterator[int]:
    """Return the numbers of the gates that stand in the blocks, in order."""
    for block in walk(blocks):
        if isinstance(block, GateBlock):
            yield block.number
        for run in inline_runs(block):
            yield from (leaf.number for leaf in flat(run) if isinstance(leaf, InlineGate))


def cited_notes(blocks: Iterable[Block]) -> Iterator[int]:
    """Return the numbers of the notes that the blocks cite, in order, each as often as it is cited."""
    for block in walk(blocks):
        for run in inline_runs(block):
            yield from (leaf.number for leaf in flat(run) if isinstance(leaf, NoteReference))


def mapped(blocks: Blocks, change: Callable[[Block], Block]) -> Blocks:
    """Return the blocks, each changed after those inside it, in the order of the text."""
    return tuple(change(with_inner_blocks(block, lambda inside: mapped(inside, change))) for block in blocks)


def with_runs(blocks: Blocks, change: Callable[[Run], Run]) -> Blocks:
    """Return the blocks with each run changed, in the order of the text."""
    return tuple(_with_runs(block, change) for block in blocks)


def _with_runs(block: Block, change: Callable[[Run], Run]) -> Block:
    match block:
        case block if isinstance(block, Worded):
            children = change(block.children)
            block = block if children is block.children else replace(block, children=children)
        case Callout():
            block = replace(block, title=change(block.title))
        case Details():
            block = replace(block, summary=change(block.summary))
        case Figure():
            block = replace(block, children=change(block.children), caption=change(block.caption))
        case Table():
            header = tuple(change(cell) for cell in block.header)
            rows = tuple(tuple(change(cell) for cell in row) for row in block.rows)
            block = replace(block, header=header, rows=rows)
    return with_inner_blocks(block, lambda inside: with_runs(inside, change))

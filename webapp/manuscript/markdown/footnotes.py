"""Footnotes: those that are cited get numbers in the order of their citations and stand at the end."""

from dataclasses import replace

from webapp.manuscript.block_walk import (
    cited_notes,
    flat,
    gate_numbers,
    inner_blocks,
    walk,
    with_inner_blocks,
    with_runs,
)
from webapp.manuscript.blocks import (
    Block,
    Blocks,
    Callout,
    Details,
    Footnotes,
    GateBlock,
    Holder,
    NoteDefinition,
    NoteReference,
    Run,
)


def _definitions(blocks: Blocks) -> dict[int, Blocks]:
    """Return what the notes say by their first definitions."""
    found: dict[int, Blocks] = {}
    for block in walk(blocks):
        if isinstance(block, NoteDefinition):
            found.setdefault(block.number, block.blocks)
    return found


def _without_definitions(blocks: Blocks) -> Blocks:
    out: list[Block] = []
    for block in blocks:
        if not isinstance(block, NoteDefinition):
            changed = with_inner_blocks(block, _without_definitions)
            out += () if _is_emptied(block, changed) else (changed,)
    return tuple(out)


def _is_emptied(block: Block, changed: Block) -> bool:
    """Return whether a change took all that a block holds; callouts and folds have a title to show."""
    has_title = isinstance(block, Callout | Details)
    return not has_title and any(inner_blocks(block)) and not any(inner_blocks(changed))


def _gates_left(blocks: Blocks, kept: dict[int, Blocks]) -> Blocks:
    """Return the blocks without definitions; of those that are not kept the gates stay where they were written."""
    out: list[Block] = []
    for block in blocks:
        if not isinstance(block, NoteDefinition):
            changed = with_inner_blocks(block, lambda inside: _gates_left(inside, kept))
            out += () if _is_emptied(block, changed) else (changed,)
        elif kept.get(block.number) is not block.blocks:
            out += (GateBlock(number, block.line) for number in gate_numbers(block.blocks))
    return tuple(out)


def _renumbered(run: Run, numbers: dict[int, int]) -> Run:
    def changed(node: object) -> object:
        match node:
            case NoteReference(number):
                return NoteReference(numbers[number])
            case node if isinstance(node, Holder):
                return replace(node, children=_renumbered(node.children, numbers))
            case _:
                return node

    if not any(isinstance(leaf, NoteReference) for leaf in flat(run)):
        return run
    return tuple(changed(node) for node in run)  # type: ignore[misc]  # of the same kind as before


def with_footnotes(blocks: Blocks) -> Blocks:
    """Return the blocks with the notes that their own words cite at the end; what no one cites is left out."""
    definitions = _definitions(blocks)
    if not definitions:
        return blocks
    cited = list(dict.fromkeys(cited_notes(_without_definitions(blocks))))
    for number in cited:  # which grows: a note may cite another
        cited += [more for more in dict.fromkeys(cited_notes(definitions[number])) if more not in cited]
    numbers = {number: place for place, number in enumerate(cited, start=1)}
    notes = tuple(definitions[number] for number in cited)
    body = _gates_left(blocks, {number: definitions[number] for number in cited})
    ended = (*body, Footnotes(notes)) if notes else body
    return with_runs(ended, lambda run: _renumbered(run, numbers))

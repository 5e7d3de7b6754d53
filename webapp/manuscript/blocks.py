"""The tree of a text: blocks that hold runs of inline nodes; a gate is a node, not a string."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from webapp.manuscript.redact import Literal, PageBreakMark, PassageEnd, PassageStart

ELLIPSIS = "……"
_LATIN_ELLIPSIS = "…"


def ellipsis_in(language: str) -> str:
    """Return what is written in a language for what is left out."""
    return ELLIPSIS if language == "zh" else _LATIN_ELLIPSIS


@dataclass(frozen=True, slots=True)
class Text:
    """Visible characters, as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class SoftBreak:
    """The end of a line inside a paragraph; `text` is what joins the lines: a space, or nothing in Chinese."""

    text: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A line break that is meant."""


@dataclass(frozen=True, slots=True)
class Strong:
    """Bold text."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Text in italics."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Strike:
    """Text struck through."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class CodeSpan:
    """Code inside a sentence; its children are texts and atoms."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose address is http, https, mailto, relative or a fragment."""

    href: str
    children: "Run"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that stands in the text by its description."""

    source: str
    description: str


@dataclass(frozen=True, slots=True)
class RunIn:
    """A heading that is the first sentence of its paragraph."""

    level: int
    children: "Run"


@dataclass(frozen=True, slots=True)
class InlineGate:
    """A gate inside a sentence."""

    number: int


@dataclass(frozen=True, slots=True)
class BreakingGate:
    """A gate that wants a block of its own; it exists only until the paragraph around it is divided."""

    number: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The first sentence behind a gate, in the full text."""

    number: int
    children: "Run"


Holder = Strong | Emphasis | Strike | CodeSpan | Link | RunIn | Passage
InlineLeaf = (
    Text
    | Literal
    | SoftBreak
    | LineBreak
    | Image
    | InlineGate
    | BreakingGate
    | PageBreakMark
    | PassageStart
    | PassageEnd
)
Inline = InlineLeaf | Holder
Run = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading on a line of its own; level 1 is the highest below the title."""

    level: int
    children: Run
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `line` (of each block) is its first line in the text it was made of, from 0."""

    children: Run
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BulletList:
    """A list without numbers; a tight one shows its paragraphs without space between them."""

    items: "tuple[Blocks, ...]"
    tight: bool
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class OrderedList:
    """A numbered list."""

    items: "tuple[Blocks, ...]"
    tight: bool
    start: int = 1
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class BlockQuote:
    """Words of somebody else."""

    blocks: "Blocks"
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines of code; the children are texts and atoms."""

    children: Run
    language: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one heading row; `aligns` is "left", "center", "right" or "" for each column."""

    header: tuple[Run, ...]
    rows: tuple[tuple[Run, ...], ...]
    aligns: tuple[str, ...]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PageBreak:
    """The end of a page."""

    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class GateBlock:
    """A gate that stands between paragraphs."""

    number: int
    line: int = field(default=0, compare=False)


Block = Heading | Paragraph | BulletList | OrderedList | BlockQuote | CodeBlock | Table | Rule | PageBreak | GateBlock
Blocks = tuple[Block, ...]


def walk(blocks: Blocks) -> Iterator[Block]:
    """Return the blocks and those inside them, in the order of the text."""
    for block in blocks:
        yield block
        match block:
            case BulletList() | OrderedList():
                for item in block.items:
                    yield from walk(item)
            case BlockQuote():
                yield from walk(block.blocks)


def inline_runs(block: Block) -> tuple[Run, ...]:
    """Return the runs of a block, without those of blocks inside it."""
    match block:
        case Heading() | Paragraph() | CodeBlock():
            return (block.children,)
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


def mapped(blocks: Blocks, change: Callable[[Block], Block]) -> Blocks:
    """Return the blocks, each changed after those inside it, in the order of the text."""
    return tuple(change(_mapped_inside(block, change)) for block in blocks)


def _mapped_inside(block: Block, change: Callable[[Block], Block]) -> Block:
    match block:
        case BulletList() | OrderedList():
            return replace(block, items=tuple(mapped(item, change) for item in block.items))
        case BlockQuote():
            return replace(block, blocks=mapped(block.blocks, change))
        case _:
            return block


def with_runs(blocks: Blocks, change: Callable[[Run], Run]) -> Blocks:
    """Return the blocks with each run changed, in the order of the text."""

    def changed(block: Block) -> Block:
        match block:
            case Heading() | Paragraph() | CodeBlock():
                children = change(block.children)
                return block if children is block.children else replace(block, children=children)
            case Table():
                header = tuple(change(cell) for cell in block.header)
                rows = tuple(tuple(change(cell) for cell in row) for row in block.rows)
                return replace(block, header=header, rows=rows)
            case _:
                return block

    return mapped(blocks, changed)

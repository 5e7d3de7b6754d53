"""The tree of a text: blocks that hold runs of inline nodes; a gate is a node, not a string."""

from dataclasses import dataclass, field

from webapp.manuscript.inline_nodes import *  # noqa: F403  # the kinds of a tree are named in one place
from webapp.manuscript.inline_nodes import Run
from webapp.manuscript.language.text_language import is_chinese

ELLIPSIS = "……"
_LATIN_ELLIPSIS = "…"


def ellipsis_in(language: str) -> str:
    """Return what is written in a language for what is left out."""
    return ELLIPSIS if is_chinese(language) else _LATIN_ELLIPSIS


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading on a line of its own; level 1 is the highest below the title."""

    level: int
    children: Run
    line: int = field(default=0, compare=False)
    name: str = field(default="", compare=False)  # what the author calls it in links, beside its own words


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `line` (of each block) is its first line in the text it was made of, from 0."""

    children: Run
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """Pictures that have their lines to themselves, and what is written below them."""

    children: Run
    caption: Run
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
class Callout:
    """A remark set apart, of one of five kinds; `fold` is "open" or "closed" where it can be folded, else ""."""

    kind: str
    title: Run
    blocks: "Blocks"
    fold: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Details:
    """What a reader unfolds by its summary."""

    summary: Run
    blocks: "Blocks"
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DefinitionList:
    """Terms, each with its meanings after it; a tight one shows its paragraphs without space between them."""

    entries: "Blocks"
    tight: bool
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """What is explained in a list of definitions."""

    children: Run
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the term before it means."""

    blocks: "Blocks"
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class NoteDefinition:
    """What a footnote says, where it was written; it exists only until the notes are numbered."""

    number: int
    blocks: "Blocks"
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Footnotes:
    """The notes at the end of a text, in the order of their numbers."""

    notes: "tuple[Blocks, ...]"
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines of code; the children are texts and atoms."""

    children: Run
    language: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class MathBlock:
    """A formula with lines of its own; its child is that formula, or a passage around it."""

    children: Run
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


Holding = BlockQuote | Callout | Details | Meaning | NoteDefinition
Worded = Heading | Paragraph | CodeBlock | MathBlock | Term
_Listed = BulletList | OrderedList | DefinitionList | Footnotes
Block = Worded | Holding | _Listed | Table | Figure | Rule | PageBreak | GateBlock
Blocks = tuple[Block, ...]

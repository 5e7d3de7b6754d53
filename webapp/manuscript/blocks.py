"""The tree of a text: blocks that hold runs of inline nodes; a gate is a node, not a string."""

from dataclasses import dataclass, field

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
class Subscript:
    """The 2 of H2O."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Superscript:
    """The 2 of x2."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Highlighted:
    """Text with the colour of a marker behind it."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Underlined:
    """Text with a line below it."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Keystroke:
    """A key to be pressed."""

    children: "Run"


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose address is http, https, mailto, relative or a fragment."""

    href: str
    children: "Run"


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A link to another document: by the path of its source from here, or by its title or the name of its file."""

    target: str
    fragment: str
    by_name: bool
    children: "Run"


@dataclass(frozen=True, slots=True)
class NoteReference:
    """The number of a footnote, where it is cited."""

    number: int


@dataclass(frozen=True, slots=True)
class TaskBox:
    """The box of a task, which is done or not."""

    done: bool


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


Styled = Strong | Emphasis | Strike | CodeSpan | Subscript | Superscript | Highlighted | Underlined | Keystroke
Holder = Styled | Link | DocumentLink | RunIn | Passage
InlineLeaf = (
    Text
    | Literal
    | SoftBreak
    | LineBreak
    | NoteReference
    | TaskBox
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

    label: str
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
Worded = Heading | Paragraph | CodeBlock | Term
Block = Worded | Holding | BulletList | OrderedList | DefinitionList | Table | Rule | PageBreak | GateBlock | Footnotes
Blocks = tuple[Block, ...]

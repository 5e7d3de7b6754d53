"""The nodes of a run: texts, what stands between them, and what holds a run in turn."""

from dataclasses import dataclass

from webapp.manuscript.redact import Literal, PageBreakMark, PassageEnd, PassageStart


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
    """A picture by its address in the source; shown where it has a name and pixels, else its description stands here.

    The name is that of the file that is kept, made of its bytes.
    """

    source: str
    description: str
    title: str = ""
    name: str = ""
    width: int = 0
    height: int = 0


def name_in_brackets(source: str) -> str:
    """Return the name of a picture that `![[picture.png]]` asks for, by the source of its node; "" for any other."""
    return source[len("[[") : -len("]]")] if source.startswith("[[") and source.endswith("]]") else ""


@dataclass(frozen=True, slots=True)
class Math:
    """A formula as it was written, in TeX; `display` when it has lines of its own."""

    tex: str
    display: bool = False


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
    | Math
    | InlineGate
    | BreakingGate
    | PageBreakMark
    | PassageStart
    | PassageEnd
)
Inline = InlineLeaf | Holder
Run = tuple[Inline, ...]

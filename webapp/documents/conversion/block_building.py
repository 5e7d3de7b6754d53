"""From the beginnings and ends of HTML's elements, and the text between them, to blocks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from webapp.documents.conversion.cell_tables import CellTable
from webapp.documents.conversion.conversion_losses import Loss, Losses
from webapp.documents.conversion.definitions import definitions_of
from webapp.documents.conversion.line_leaves import LineLeaves
from webapp.documents.conversion.marked_runs import Mark
from webapp.manuscript import blocks as b
from webapp.manuscript.inline_runs import merged
from webapp.manuscript.marker_language.character_folding import fit

Attributes = Mapping[str, str | None]
HEADINGS = {f"h{level}": level - 1 for level in range(1, 7)}
_LISTS = {"ul", "ol", "menu", "dir"}
_CODE = {"pre", "xmp", "listing", "plaintext"}
_PARAGRAPHS = frozenset(
    "address article aside body caption center dialog div fieldset figcaption figure "  # noqa: SIM905
    "footer header hgroup html legend main p search section".split()
)
_NESTING = _LISTS | {"blockquote", "table", "dl", "details"}
_HOLDING = _NESTING | _CODE | HEADINGS.keys() | {"li", "tr", "td", "th", "dt", "dd", "summary"}
_MARKS: dict[str, Mark] = {
    **dict.fromkeys(("b", "strong"), b.Strong(())),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), b.Emphasis(())),
    **dict.fromkeys(("s", "strike", "del"), b.Strike(())),
    **dict.fromkeys(("code", "tt", "samp"), b.CodeSpan(())),
    **dict.fromkeys(("u", "ins"), b.Underlined(())),
    "sub": b.Subscript(()),
    "sup": b.Superscript(()),
    "mark": b.Highlighted(()),
    "kbd": b.Keystroke(()),
}
_DEEPEST = 24
_KEPT_IN_ADDRESSES = ";/?:@&=+$,-_.!~*'()#%"


@dataclass(slots=True)
class _Frame:
    """An element that holds blocks: its tag, and what it holds so far; the items of a list have their numbers."""

    tag: str
    blocks: list[b.Block] = field(default_factory=list)
    items: list[tuple[int, list[b.Block]]] = field(default_factory=list)
    number: int = 1
    table: CellTable | None = None
    language: str = ""
    code: list[str] | None = None


class BlockBuilder:
    """Builds blocks; what cannot be kept is noted as a loss."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._line = LineLeaves()
        self._frames = [_Frame("")]
        self._flat: list[str] = []  # elements that are open but too deep to be kept

    def blocks(self) -> b.Blocks:
        """Return what was built, everything closed."""
        while len(self._frames) > 1:
            self.end(self._frames[-1].tag)
        self._flush()
        return tuple(self._frames[0].blocks)

    @property
    def _is_in_code(self) -> bool:
        """Whether code is being read, which holds text alone: what else is paid in it would stand behind it, public."""
        return self._frames[-1].code is not None

    def text(self, text: str) -> None:
        """Add text where it stands."""
        if (code := self._frames[-1].code) is not None:
            code.append(text)
        else:
            self._line.text(text)

    def start(self, tag: str, attributes: Attributes) -> None:
        """Begin an element."""
        frame = self._frames[-1]
        if frame.code is not None:
            frame.language = frame.language or _language_in(attributes)
            self.text("\n" if tag == "br" else "")
        elif tag in _MARKS:
            self._line.open_mark(tag, _MARKS[tag])
        elif tag in _PARAGRAPHS:
            self._flush()
        elif tag == "br":
            self._line.leaf(b.LineBreak())
        elif tag == "hr":
            self._flush()
            self._put(b.Rule())
        else:
            self._open(tag, attributes)

    def link(self, href: str) -> None:
        """Begin a link; its element is `a`."""
        if self._is_in_code:
            self._losses.add(Loss.LINK)
        else:
            self._line.open_mark("a", b.Link(address(href), ()))

    def task_box(self, *, done: bool) -> None:
        """Add the box of a task at the beginning of its item, elsewhere its sign."""
        if self._frames[-1].tag == "li" and self._line.is_empty and not self._frames[-1].blocks:
            self._line.leaf(b.TaskBox(done))
        else:
            self.text("☑ " if done else "☐ ")

    def cite_note(self, number: int) -> None:
        """Add the citation of a note; one in code is none, so that its note is told of as not cited."""
        if not self._is_in_code:
            self._line.leaf(b.NoteReference(number))

    def image(self, source: str, description: str) -> None:
        """Add a picture."""
        if self._is_in_code:
            self._losses.add(Loss.IMAGE)
        else:
            self._line.leaf(b.Image(address(source), " ".join(fit(description).split())))

    def page_break(self) -> None:
        """Add a page break; it is written as every other is in a manuscript."""
        self._flush()
        self._put(b.Paragraph((b.Text("##pagebreak##"),)))

    def number_item(self, number: int) -> None:
        """Say the number of the item that was begun last."""
        if len(self._frames) > 1 and self._frames[-1].tag == "li":
            self._frames[-2].number = number

    def end(self, tag: str) -> None:
        """End an element."""
        if self._frames[-1].code is not None:
            if tag == self._frames[-1].tag:
                self._close_code()
        elif tag in _MARKS or tag == "a":
            self._line.close_mark(tag)
        elif tag in _PARAGRAPHS:
            self._flush()
        elif self._flat and self._flat[-1] == tag:
            self._flush()
            self._flat.pop()
        elif self._frames[-1].tag == tag and len(self._frames) > 1:
            self._flush()
            self._close(self._frames.pop())

    def _open(self, tag: str, attributes: Attributes) -> None:
        if tag not in _HOLDING:
            return
        self._flush()
        if self._flat or (tag in _NESTING and len(self._frames) > _DEEPEST):
            self._losses.add(Loss.DEPTH)
            self._flat.append(tag)
            return
        frame = _Frame(tag)
        if tag in _LISTS:
            frame.number = whole(attributes.get("start"), 1)
            if attributes.get("type") in {"a", "A", "i", "I"}:
                self._losses.add(Loss.NUMBERING)
        elif tag == "li":
            self._frames[-1].number = whole(attributes.get("value"), self._frames[-1].number)
        elif tag in _CODE:
            frame.code = []
            frame.language = _language_in(attributes)
        elif tag == "table":
            frame.table = CellTable()
        elif tag in {"td", "th"} and (table := self._table()):
            table.begin_cell(tag, whole(attributes.get("colspan"), 1), whole(attributes.get("rowspan"), 1))
        self._frames.append(frame)

    def _table(self) -> CellTable | None:
        return next((frame.table for frame in reversed(self._frames) if frame.table), None)

    def _flush(self) -> None:
        run = self._line.taken()
        if not run:
            return
        self._losses.paragraph += 1
        tag = self._frames[-1].tag
        self._put(b.Heading(HEADINGS[tag], _without_bold(run)) if tag in HEADINGS else b.Paragraph(run))

    def _put(self, block: b.Block) -> None:
        frame = self._frames[-1]
        if frame.tag in _LISTS:  # what stands in a list but in none of its items
            if not frame.items:
                frame.items.append((frame.number, []))
            frame.items[-1][1].append(block)
        else:
            frame.blocks.append(block)

    def _close(self, frame: _Frame) -> None:
        match frame.tag:
            case "li" if self._frames[-1].tag in _LISTS:
                above = self._frames[-1]
                above.items.append((above.number, frame.blocks))
                above.number += 1
            case "td" | "th" | "tr" if table := self._table():
                if frame.tag == "tr":
                    table.end_row()
                else:
                    table.end_cell(tuple(frame.blocks), self._losses)
            case _:
                for block in self._closed(frame):
                    self._put(block)

    def _closed(self, frame: _Frame) -> Iterable[b.Block]:
        """Return what an element becomes that has ended."""
        if frame.tag in _LISTS:
            return _lists(frame, ordered=frame.tag == "ol")
        if frame.table:
            return frame.table.blocks(tuple(frame.blocks), self._losses)
        if frame.tag == "blockquote" and frame.blocks:
            return (b.BlockQuote(tuple(frame.blocks)),)
        if frame.blocks and frame.tag in {"dt", "dd", "dl", "summary", "details"}:
            return definitions_of(frame.tag, self._frames[-1].tag, tuple(frame.blocks))
        return frame.blocks  # a heading, and what stands outside of what it belongs into

    def _close_code(self) -> None:
        frame = self._frames.pop()
        lines = fit("".join(frame.code or ()).replace("\r\n", "\n")).removeprefix("\n").rstrip()
        if lines:
            self._losses.paragraph += 1
            self._put(b.CodeBlock((b.Text(lines),), frame.language))
        for block in frame.blocks:  # page breaks
            self._put(block)


def _lists(frame: _Frame, *, ordered: bool) -> list[b.Block]:
    """Return a list, or several where its numbers do not follow one another."""
    items = [(number, tuple(_in_item(block) for block in blocks)) for number, blocks in frame.items]
    if not ordered:
        return [b.BulletList(tuple(blocks for _number, blocks in items), tight=True)] if items else []
    runs: list[tuple[int, list[b.Blocks]]] = []
    for number, blocks in items:
        if runs and number == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append(blocks)
        else:
            runs.append((number, [blocks]))
    return [b.OrderedList(tuple(blocks), tight=True, start=start) for start, blocks in runs]


def _in_item(block: b.Block) -> b.Block:
    """Return a block of an item; a line across would be taken for the list's own mark."""
    return b.Paragraph((b.Text("—"),)) if isinstance(block, b.Rule) else block


def _without_bold(run: b.Run) -> b.Run:
    """Return the words of a heading; all of them are bold anyway."""
    return merged(inner for node in run for inner in (node.children if isinstance(node, b.Strong) else (node,)))


def whole(value: str | None, otherwise: int) -> int:
    """Return a number that an attribute gives; Markdown's have nine digits."""
    digits = (value or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= len("999999999") else otherwise


def _language_in(attributes: Attributes) -> str:
    """Return "py" of class="language-py"."""
    for name in (attributes.get("class") or "").split():
        for prefix in ("language-", "lang-"):
            if name.startswith(prefix):
                return name.removeprefix(prefix)
    return ""


def address(href: str) -> str:
    """Return an address that can stand in Markdown."""
    return quote(fit(href).strip(), _KEPT_IN_ADDRESSES)

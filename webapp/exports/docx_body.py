"""The body of a Word document: blocks as WordprocessingML. Lengths are twips, twentieths of a point."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from webapp.exports.docx_direction import RIGHT_TO_LEFT, mirrored
from webapp.exports.docx_runs import ParagraphWriter, Properties
from webapp.exports.export_document import ExportDocument
from webapp.exports.table_columns import cell_run, columns_of, has_long_word
from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import flat
from webapp.manuscript.inline_runs import run_text

_LOWEST = 5
_TEXT_WIDTH = 8844  # 156 mm
_CELLS = ("Cell", "SmallCell", "SmallestCell")
_CELL_MARGINS = (108, 80, 40)
_DEEPEST_LIST = 8
_NOTE_MARK = (
    '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
    '<w:r><w:t xml:space="preserve"> </w:t></w:r>'
)
_BULLETS = 1
_FIRST_ORDERED = 10
# A paragraph mark that Word shows nothing of: the next paragraph goes on in the same line (its "style separator").
# So a heading that is the first sentence of its paragraph is a real heading; where it is not known, that sentence
# stands on a line of its own.
_SEPARATOR = "<w:rPr><w:vanish/><w:specVanish/></w:rPr>"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where paragraphs stand: their style, how far in, and the number or bullet of the next one."""

    style: str = "BodyText"
    indent: int = 0
    depth: int = -1
    number: int | None = None


class Body(ParagraphWriter):
    """Writes blocks; what it remembers are the ordered lists (id, depth, start), and the notes as they are cited."""

    def __init__(self, *, chinese: bool, direction: str = "ltr") -> None:
        super().__init__(chinese=chinese, direction=direction)
        self.ordered: list[tuple[int, int, int]] = []
        self.footnotes: dict[int, str] = {}
        self.step = 640 if chinese else 440
        self._notices: dict[int, b.Run] = {}

    def document(self, matter: ExportDocument) -> str:
        """Return the title and all blocks."""
        self._notices = {number: notice.run for number, notice in matter.notices.items()}
        closer = '<w:spacing w:after="120"/>' if matter.below_title else ""
        title = self.paragraph("Title", matter.title_run, closer, bookmark="title")
        title += "".join(self.paragraph("Subtitle", (b.Text(line),)) for line in matter.below_title)
        body = title + "".join(self._blocks(matter.blocks, _Place()))
        notes = [note for block in matter.blocks if isinstance(block, b.Footnotes) for note in block.notes]
        return body + "".join(self._note(number, note) for number, note in enumerate(notes, start=1))

    def _note(self, number: int, note: b.Blocks) -> str:
        """Keep a note for the foot of the page that cites it; return one that only other notes cite."""
        if number not in self.cited:
            return self.paragraph("FootnoteText", (b.Text(f"[{number}]"),)) + self._inside_note(note)
        self.footnotes[number] = self._inside_note(note, _NOTE_MARK)
        return ""

    def _inside_note(self, note: b.Blocks, mark: str = "") -> str:
        self.in_note = True
        first, *others = note if note and isinstance(note[0], b.Paragraph) else (b.Paragraph(()), *note)
        run = first.children if isinstance(first, b.Paragraph) else ()
        written = self.paragraph("FootnoteText", run, before=mark)
        written += "".join(self._blocks(tuple(others), _Place("FootnoteText")))
        self.in_note = False
        return written

    def _blocks(self, blocks: b.Blocks, place: _Place) -> Iterator[str]:
        for block in blocks:
            yield from self._figure(block) if isinstance(block, b.Figure) else self._block(block, place)
            place = replace(place, number=None)

    def _block(self, block: b.Block, place: _Place) -> Iterator[str]:
        match block:
            case b.Paragraph(children):
                yield self._placed(children, place)
            case b.Heading(level, children):
                yield self.paragraph(f"Heading{min(level, _LOWEST)}", children, bookmark=self.next_heading())
            case b.BulletList() | b.OrderedList():
                yield from self._list(block, place)
            case b.CodeBlock() | b.MathBlock():
                yield self._set_apart(block, place)
            case b.Table():
                yield self._table(block, place)
            case b.GateBlock(number):
                yield self.paragraph("Notice", self._notices[number])
            case b.Rule():
                yield self.paragraph("Rule", ())
            case b.PageBreak():
                yield '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
            case _:
                yield from self._container(block, place)

    def _container(self, block: b.Block, place: _Place) -> Iterator[str]:
        deeper = replace(place, indent=place.indent + self.step, number=None)
        match block:
            case b.BlockQuote(inside):
                yield from self._blocks(inside, replace(deeper, style="Quote", number=place.number))
            case b.Callout(_, title, inside):
                first = self.paragraph("Term", title)
                yield self._framed(first + "".join(self._blocks(inside, _Place())), place.indent)
            case b.Details(summary, inside):
                yield self.paragraph("Term", (b.Text("▾ "), *summary), self._indented(place.indent))
                yield from self._blocks(inside, deeper)
            case b.DefinitionList(entries):
                yield from self._blocks(entries, replace(place, number=None))
            case b.Term(children):
                yield self.paragraph("Term", children, self._indented(place.indent))
            case b.Meaning(inside):
                yield from self._blocks(inside, deeper)

    def _framed(self, inside: str, indent: int) -> str:
        """Return paragraphs with a line at their side: a table of one cell, in which lists keep their places."""
        width = f'w:w="{_TEXT_WIDTH - indent}" w:type="dxa"'
        line = '<w:tblBorders><w:left w:val="single" w:sz="18" w:space="0" w:color="7A8A99"/></w:tblBorders>'
        properties = f'{self._table_way()}<w:tblW {width}/><w:tblInd w:w="{indent}" w:type="dxa"/>{line}'
        grid = f'<w:tblGrid><w:gridCol w:w="{_TEXT_WIDTH - indent}"/></w:tblGrid>'
        gap = self.paragraph("Gap", ())
        cell = f"<w:tr><w:tc><w:tcPr><w:tcW {width}/></w:tcPr>{inside}</w:tc></w:tr>"
        return f"{gap}<w:tbl><w:tblPr>{properties}</w:tblPr>{grid}{cell}</w:tbl>{gap}"

    def _table_way(self) -> str:
        return "<w:bidiVisual/>" if self.direction == RIGHT_TO_LEFT else ""

    @staticmethod
    def _indented(indent: int) -> str:
        return f'<w:ind w:left="{indent}"/>' if indent else ""

    def _figure(self, figure: b.Figure) -> Iterator[str]:
        yield self.paragraph("Figure", figure.children)
        if figure.caption:
            yield self.paragraph("Caption", figure.caption)

    def _placed(self, children: b.Run, place: _Place) -> str:
        """Return a paragraph of a list, a quote, or neither; one that begins with its heading is two."""
        first = children[0] if children else None
        if isinstance(first, b.RunIn) and place == _Place():
            name = self.next_heading()
            heading = self.paragraph(
                f"Heading{min(first.level, _LOWEST)}", first.children, mark=_SEPARATOR, bookmark=name
            )
            return heading + self.paragraph("BodyText", children[1:])
        before = after = ""
        if place.number is not None:
            before = f'<w:numPr><w:ilvl w:val="{place.depth}"/><w:numId w:val="{place.number}"/></w:numPr>'
        if place.indent:
            hanging = f'w:hanging="{self.step * 3 // 4}"' if place.number is not None else 'w:firstLine="0"'
            after = f'<w:ind w:left="{place.indent}" w:firstLineChars="0" {hanging}/>'
        after = self._height(children) + after
        if has_long_word(children):  # which begins a line of its own: the one before it would be drawn out
            after += '<w:jc w:val="left"/>'
        return self.paragraph(place.style, children, before + after)

    def _height(self, children: b.Run) -> str:
        """Return that a line may be higher than the grid wants, where a formula stands in a sentence."""
        has_formula = any(isinstance(leaf, b.Math) for leaf in flat(children))
        return '<w:spacing w:line="578" w:lineRule="atLeast"/>' if has_formula and self.chinese else ""

    def _set_apart(self, block: b.CodeBlock | b.MathBlock, place: _Place) -> str:
        indent = f'<w:ind w:left="{place.indent}"/>' if place.indent else ""
        if isinstance(block, b.MathBlock):
            return self.paragraph("Formula", block.children, indent)
        return self.paragraph("Code", (b.Text(run_text(block.children)),), indent)

    def _list(self, block: b.BulletList | b.OrderedList, place: _Place) -> Iterator[str]:
        depth = min(place.depth + 1, _DEEPEST_LIST)
        number = _BULLETS
        if isinstance(block, b.OrderedList):
            number = _FIRST_ORDERED + len(self.ordered)
            self.ordered.append((number, depth, block.start))
        style = "ListParagraph" if place.style == "BodyText" else place.style
        inside = _Place(style, place.indent + self.step, depth, number)
        for item in block.items:
            # What has no paragraph to carry its number gets an empty one.
            bare = not item or not isinstance(item[0], b.Paragraph)
            yield from self._blocks((b.Paragraph(()), *item) if bare else item, inside)

    def _table(self, table: b.Table, place: _Place) -> str:
        columns = columns_of(table, chinese=self.chinese)
        widths = [(_TEXT_WIDTH - place.indent) * share // sum(columns.shares) for share in columns.shares]
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        row = partial(self._row, table=table, widths=widths, style=_CELLS[columns.smaller])
        rows = [row(table.header, properties="<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")]
        rows += [row(cells, properties="<w:trPr><w:cantSplit/></w:trPr>") for cells in table.rows]
        size = f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblInd w:w="{place.indent}" w:type="dxa"/>'
        margin = f'w:w="{_CELL_MARGINS[columns.smaller]}" w:type="dxa"'
        margins = f"<w:tblCellMar><w:left {margin}/><w:right {margin}/></w:tblCellMar>"
        looks = '<w:tblLook w:val="0020" w:firstRow="1"/>'
        properties = f'<w:tblPr><w:tblStyle w:val="TableGrid"/>{self._table_way()}{size}{margins}{looks}</w:tblPr>'
        gap = self.paragraph("Gap", ())  # and two tables that touch would be one
        return f"{gap}<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>{gap}"

    def _row(self, cells: tuple[b.Run, ...], *, table: b.Table, widths: list[int], style: str, properties: str) -> str:
        strong: Properties = frozenset({"b"}) if cells is table.header else frozenset()
        aligns = (mirrored(align) if self.direction == RIGHT_TO_LEFT else align for align in table.aligns)
        sides = (f'<w:jc w:val="{align}"/>' if align else "" for align in aligns)
        written = (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{self.paragraph(style, cell_run(cell, self.direction), side, strong)}</w:tc>"
            for cell, width, side in zip(cells, widths, sides, strict=True)
        )
        return f"<w:tr>{properties}{''.join(written)}</w:tr>"

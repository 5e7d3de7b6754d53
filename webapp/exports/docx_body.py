"""The body of a Word document: blocks as WordprocessingML. Lengths are twips, twentieths of a point."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from html import escape

from webapp.exports.docx_math import NoOfficeMathError, office_math
from webapp.exports.export_document import ExportDocument
from webapp.exports.table_columns import columns_of, has_long_word
from webapp.kit.xml import xml_text
from webapp.manuscript import blocks as b
from webapp.manuscript.inline_runs import run_text
from webapp.manuscript.tex_math import math_tree

_LOWEST = 5
_TEXT_WIDTH = 8844  # 156 mm
_CELLS = ("Cell", "SmallCell", "SmallestCell")
_CELL_MARGINS = (108, 80, 40)
_DEEPEST_LIST = 8
_BULLETS = 1
_FIRST_ORDERED = 10
_PROPERTIES: dict[type[b.Inline], str] = {
    b.Strong: "b",
    b.RunIn: "b",
    b.Strike: "strike",
    b.Emphasis: "emphasis",
    b.CodeSpan: "code",
}
_FONTS = '<w:rFonts w:ascii="{0}" w:hAnsi="{0}" w:eastAsia="{1}" w:cs="{0}"/>'
_MONOSPACED = _FONTS.format("Courier New", "仿宋_GB2312")
_KAI = '<w:rFonts w:hint="eastAsia" w:eastAsia="楷体_GB2312"/>'
# A paragraph mark that Word shows nothing of: the next paragraph goes on in the same line (its "style separator").
# So a heading that is the first sentence of its paragraph is a real heading; where it is not known, that sentence
# stands on a line of its own.
_SEPARATOR = "<w:rPr><w:vanish/><w:specVanish/></w:rPr>"
Properties = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where paragraphs stand: their style, how far in, and the number or bullet of the next one."""

    style: str = "BodyText"
    indent: int = 0
    depth: int = -1
    number: int | None = None


class Body:
    """Writes blocks; what it remembers are the links (address to id) and the ordered lists (id, depth, start)."""

    def __init__(self, *, chinese: bool) -> None:
        self.links: dict[str, str] = {}
        self.ordered: list[tuple[int, int, int]] = []
        self.step = 640 if chinese else 440
        self._chinese = chinese
        self._notices: dict[int, b.Run] = {}

    def document(self, matter: ExportDocument) -> str:
        """Return the title and all blocks."""
        self._notices = {number: notice.run for number, notice in matter.notices.items()}
        title = self._paragraph("Title", (b.Text(matter.title),))
        return title + "".join(self._blocks(matter.blocks, _Place()))

    def _blocks(self, blocks: b.Blocks, place: _Place) -> Iterator[str]:
        for block in blocks:
            yield from self._block(block, place)
            place = replace(place, number=None)

    def _block(self, block: b.Block, place: _Place) -> Iterator[str]:
        match block:
            case b.Paragraph(children):
                yield self._placed(children, place)
            case b.Heading(level, children):
                yield self._paragraph(f"Heading{min(level, _LOWEST)}", children)
            case b.BulletList() | b.OrderedList():
                yield from self._list(block, place)
            case b.BlockQuote(inside):
                yield from self._blocks(inside, replace(place, style="Quote", indent=place.indent + self.step))
            case b.CodeBlock() | b.MathBlock():
                yield self._set_apart(block, place)
            case b.Table():
                yield self._table(block, place)
            case b.GateBlock(number):
                yield self._paragraph("Notice", self._notices[number])
            case b.Rule():
                yield self._paragraph("Rule", ())
            case b.PageBreak():
                yield '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'

    def _placed(self, children: b.Run, place: _Place) -> str:
        """Return a paragraph of a list, a quote, or neither; one that begins with its heading is two."""
        first = children[0] if children else None
        if isinstance(first, b.RunIn) and place == _Place():
            heading = self._paragraph(f"Heading{min(first.level, _LOWEST)}", first.children, mark=_SEPARATOR)
            return heading + self._paragraph("BodyText", children[1:])
        before = after = ""
        if place.number is not None:
            before = f'<w:numPr><w:ilvl w:val="{place.depth}"/><w:numId w:val="{place.number}"/></w:numPr>'
        if place.indent:
            hanging = f'w:hanging="{self.step * 3 // 4}"' if place.number is not None else 'w:firstLine="0"'
            after = f'<w:ind w:left="{place.indent}" w:firstLineChars="0" {hanging}/>'
        if has_long_word(children):  # which begins a line of its own: the one before it would be drawn out
            after += '<w:jc w:val="left"/>'
        return self._paragraph(place.style, children, before + after)

    def _set_apart(self, block: b.CodeBlock | b.MathBlock, place: _Place) -> str:
        indent = f'<w:ind w:left="{place.indent}"/>' if place.indent else ""
        if isinstance(block, b.MathBlock):
            return self._paragraph("Formula", block.children, indent)
        return self._paragraph("Code", (b.Text(run_text(block.children)),), indent)

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
        columns = columns_of(table, chinese=self._chinese)
        widths = [(_TEXT_WIDTH - place.indent) * share // sum(columns.shares) for share in columns.shares]
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        row = partial(self._row, table=table, widths=widths, style=_CELLS[columns.smaller])
        rows = [row(table.header, properties="<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>")]
        rows += [row(cells, properties="<w:trPr><w:cantSplit/></w:trPr>") for cells in table.rows]
        size = f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblInd w:w="{place.indent}" w:type="dxa"/>'
        margin = f'w:w="{_CELL_MARGINS[columns.smaller]}" w:type="dxa"'
        margins = f"<w:tblCellMar><w:left {margin}/><w:right {margin}/></w:tblCellMar>"
        looks = '<w:tblLook w:val="0020" w:firstRow="1"/>'
        properties = f'<w:tblPr><w:tblStyle w:val="TableGrid"/>{size}{margins}{looks}</w:tblPr>'
        gap = self._paragraph("Gap", ())  # and two tables that touch would be one
        return f"{gap}<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>{gap}"

    def _row(self, cells: tuple[b.Run, ...], *, table: b.Table, widths: list[int], style: str, properties: str) -> str:
        strong: Properties = frozenset({"b"}) if cells is table.header else frozenset()
        sides = (f'<w:jc w:val="{align}"/>' if align else "" for align in table.aligns)
        written = (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{self._paragraph(style, cell, side, strong)}</w:tc>"
            for cell, width, side in zip(cells, widths, sides, strict=True)
        )
        return f"<w:tr>{properties}{''.join(written)}</w:tr>"

    def _paragraph(
        self, style: str, run: b.Run, more: str = "", properties: Properties = frozenset(), mark: str = ""
    ) -> str:
        """Return a paragraph; `more` are its own properties in the order of the schema, `mark` those of its end."""
        head = f'<w:pPr><w:pStyle w:val="{style}"/>{more}{mark}</w:pPr>'
        return f"<w:p>{head}{''.join(self._nodes(run, properties))}</w:p>"

    def _nodes(self, run: b.Run, properties: Properties) -> Iterator[str]:
        for node in run:
            match node:
                case b.Link(href, children):
                    id_ = self.links.setdefault(href, f"link{len(self.links) + 1}")
                    inside = "".join(self._nodes(children, properties | {"u"}))
                    yield f'<w:hyperlink r:id="{id_}" w:history="1">{inside}</w:hyperlink>'
                case b.Strong() | b.Emphasis() | b.Strike() | b.CodeSpan() | b.RunIn():
                    yield from self._nodes(node.children, properties | {_PROPERTIES[type(node)]})
                case b.LineBreak():
                    yield "<w:r><w:br/></w:r>"
                case b.Math(tex):
                    yield _formula(node) or self._text(tex, properties | {"code"})
                case _:
                    yield self._text(run_text((node,)), properties)

    def _text(self, text: str, properties: Properties) -> str:
        lines = (f'<w:t xml:space="preserve">{escape(xml_text(line))}</w:t>' for line in text.split("\n"))
        return f"<w:r>{self._run_properties(properties)}{'<w:br/>'.join(lines)}</w:r>" if text else ""

    def _run_properties(self, properties: Properties) -> str:
        """Return them in the order of the schema; emphasis is Kai in Chinese, which has no italics."""
        if not properties:
            return ""
        emphasis = "emphasis" in properties
        fonts = _MONOSPACED if "code" in properties else _KAI if emphasis and self._chinese else ""
        italic = "<w:i/>" if emphasis and not self._chinese else ""
        bold, strike = ("<w:b/>" if "b" in properties else ""), ("<w:strike/>" if "strike" in properties else "")
        underlined = '<w:u w:val="single"/>' if "u" in properties else ""
        return f"<w:rPr>{fonts}{bold}{italic}{strike}{underlined}</w:rPr>"


def _formula(math: b.Math) -> str | None:
    """Return a formula as Office Math, None where Word cannot show it."""
    tree = math_tree(math.tex, display=math.display)
    try:
        return office_math(tree, display=math.display) if tree else None
    except NoOfficeMathError:
        return None

"""The paragraphs of a Word document: runs as WordprocessingML."""

from collections.abc import Iterator
from html import escape

from webapp.exports.docx_direction import RIGHT_TO_LEFT, bidirectional, is_right_to_left, stretches
from webapp.exports.docx_drawings import Drawings
from webapp.exports.docx_math import NoOfficeMathError, office_math
from webapp.kit.xml import xml_text
from webapp.manuscript import blocks as b
from webapp.manuscript.inline_runs import run_text, spoken_text
from webapp.manuscript.math.tex_to_mathml import math_tree

_PROPERTIES: dict[type[b.Inline], str] = {
    b.Strong: "b",
    b.RunIn: "b",
    b.Strike: "strike",
    b.Emphasis: "emphasis",
    b.CodeSpan: "code",
    b.Highlighted: "mark",
    b.Underlined: "u",
    b.Keystroke: "kbd",
    b.Subscript: "sub",
    b.Superscript: "sup",
}
_FONTS = '<w:rFonts w:ascii="{0}" w:hAnsi="{0}" w:eastAsia="{1}" w:cs="{0}"/>'
_MONOSPACED = _FONTS.format("Courier New", "仿宋_GB2312")
_KAI = '<w:rFonts w:hint="eastAsia" w:eastAsia="楷体_GB2312"/>'
# In the order of the schema, after fonts, bold, italics and strike.
_PLAIN_PROPERTIES = {
    "mark": '<w:highlight w:val="yellow"/>',
    "u": '<w:u w:val="single"/>',
    "kbd": '<w:bdr w:val="single" w:sz="4" w:space="0" w:color="auto"/>',
    "sub": '<w:vertAlign w:val="subscript"/>',
    "sup": '<w:vertAlign w:val="superscript"/>',
    RIGHT_TO_LEFT: "<w:rtl/>",
}
Properties = frozenset[str]


class ParagraphWriter:
    """Writes paragraphs.

    What it remembers are the links (address to id), how many bookmarks and headings there were, and the notes cited.
    """

    def __init__(self, *, chinese: bool, direction: str = "ltr") -> None:
        self.links: dict[str, str] = {}
        self.drawings = Drawings()
        self.cited: set[int] = set()
        self.in_note = False
        self.chinese = chinese
        self.direction = direction
        self._bookmarks = self._headings = 0

    def paragraph(  # noqa: PLR0913  # what a paragraph can have
        self,
        style: str,
        run: b.Run,
        more: str = "",
        properties: Properties = frozenset(),
        *,
        mark: str = "",
        bookmark: str = "",
        before: str = "",
    ) -> str:
        """Return a paragraph; `more` are its own properties in the order of the schema, `mark` those of its end.

        A link finds it by its bookmark; `before` stands before its words.
        """
        if is_right_to_left(spoken_text(run), style, self.direction):
            more, properties = bidirectional(more), properties | {RIGHT_TO_LEFT}
        head = f'<w:pPr><w:pStyle w:val="{style}"/>{more}{mark}</w:pPr>'
        words = before + "".join(self._nodes(run, properties))
        return f"<w:p>{head}{self._bookmarked(bookmark, words) if bookmark else words}</w:p>"

    def next_heading(self) -> str:
        """Return the bookmark of the heading that comes next."""
        self._headings += 1
        return f"h{self._headings - 1}"

    def _bookmarked(self, name: str, inside: str) -> str:
        self._bookmarks += 1
        id_ = f'w:id="{self._bookmarks}"'
        return f'<w:bookmarkStart {id_} w:name="{name}"/>{inside}<w:bookmarkEnd {id_}/>'

    def _note_reference(self, number: int) -> str:
        """Return a note's number: Word counts them itself, so that a second citation is a field that asks the first."""
        style = '<w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'
        if self.in_note:
            return f"<w:r>{style}<w:t>{number}</w:t></w:r>"
        if number in self.cited:
            return (
                f'<w:fldSimple w:instr=" NOTEREF note{number} \\h "><w:r>{style}<w:t>{number}</w:t></w:r></w:fldSimple>'
            )
        self.cited.add(number)
        return self._bookmarked(f"note{number}", f'<w:r>{style}<w:footnoteReference w:id="{number}"/></w:r>')

    def _nodes(self, run: b.Run, properties: Properties) -> Iterator[str]:
        for node in run:
            match node:
                case b.Link(href, children) if href.startswith("#"):
                    inside = "".join(self._nodes(children, properties | {"u"}))
                    yield f'<w:hyperlink w:anchor="{escape(href[1:])}" w:history="1">{inside}</w:hyperlink>'
                case b.NoteReference(number):
                    yield self._note_reference(number)
                case b.Link(href, children):
                    id_ = self.links.setdefault(href, f"link{len(self.links) + 1}")
                    inside = "".join(self._nodes(children, properties | {"u"}))
                    yield f'<w:hyperlink r:id="{id_}" w:history="1">{inside}</w:hyperlink>'
                case node if isinstance(node, b.Styled | b.RunIn):
                    yield from self._nodes(node.children, properties | {_PROPERTIES[type(node)]})
                case b.LineBreak():
                    yield "<w:r><w:br/></w:r>"
                case b.Image() if node.name:
                    yield self.drawings.drawn(node)
                case b.Math(tex):
                    yield _formula(node) or self._text(tex, properties | {"code"})
                case _:
                    yield self._text(run_text((node,)), properties)

    def _text(self, text: str, properties: Properties) -> str:
        if RIGHT_TO_LEFT not in properties:
            return self._stretch(text, properties)
        return "".join(
            self._stretch(part, properties if is_rtl else properties - {RIGHT_TO_LEFT})
            for part, is_rtl in stretches(text)
        )

    def _stretch(self, text: str, properties: Properties) -> str:
        lines = (f'<w:t xml:space="preserve">{escape(xml_text(line))}</w:t>' for line in text.split("\n"))
        return f"<w:r>{self._run_properties(properties)}{'<w:br/>'.join(lines)}</w:r>" if text else ""

    def _run_properties(self, properties: Properties) -> str:
        """Return them in the order of the schema; emphasis is Kai in Chinese, which has no italics."""
        if not properties:
            return ""
        emphasis = "emphasis" in properties
        fonts = _MONOSPACED if properties & {"code", "kbd"} else _KAI if emphasis and self.chinese else ""
        italic = "<w:i/><w:iCs/>" if emphasis and not self.chinese else ""
        bold = "<w:b/><w:bCs/>" if "b" in properties else ""
        strike = "<w:strike/>" if "strike" in properties else ""
        others = "".join(xml for name, xml in _PLAIN_PROPERTIES.items() if name in properties)
        return f"<w:rPr>{fonts}{bold}{italic}{strike}{others}</w:rPr>"


def _formula(math: b.Math) -> str | None:
    """Return a formula as Office Math, None where Word cannot show it."""
    tree = math_tree(math.tex, display=math.display)
    try:
        return office_math(tree, display=math.display) if tree else None
    except NoOfficeMathError:
        return None

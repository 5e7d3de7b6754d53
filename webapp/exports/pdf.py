"""PDF, set by Typst: the layout of the Word document, with bookmarks, tags and embedded fonts."""

from collections.abc import Iterator
from dataclasses import asdict

from webapp.exports.export_document import ExportDocument
from webapp.exports.pdf_math import math_data
from webapp.exports.table_columns import LONGEST_WORD, cell_run, columns_of
from webapp.kit.errors import PaidspanError
from webapp.kit.font_coverage import find_missing_glyphs, missing_glyph_sign
from webapp.kit.languages import ngettext
from webapp.kit.translatable import _
from webapp.kit.typesetting import CHINESE_SANS, CHINESE_SERIF, fonts_here, render_pdf
from webapp.manuscript import blocks as b
from webapp.manuscript import primary_language, text_direction
from webapp.manuscript.block_walk import inline_runs, with_runs
from webapp.manuscript.inline_runs import run_text, spoken_text
from webapp.manuscript.math.tex_to_mathml import math_tree
from webapp.manuscript.plain_text_writer import plain_text

_KINDS: dict[type[b.Inline], str] = {
    b.Strong: "strong",
    b.RunIn: "strong",
    b.Emphasis: "em",
    b.Strike: "s",
    b.Subscript: "sub",
    b.Superscript: "sup",
    b.Highlighted: "mark",
    b.Underlined: "u",
    b.Keystroke: "kbd",
}
_LOWEST = 5
_DEEPEST = 10  # lists and quotes in one another: the page has no room for more, and Typst gives up after some thirty
# By name, the first that is there; what stands for them at the end is any Chinese font of the same manner.
_LATIN = ("Times New Roman", "Liberation Serif", "Libertinus Serif")
_CODE = ("Courier New", "Liberation Mono", "DejaVu Sans Mono")
_KAI = ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "STKaiti")
_FONTS = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "STZhongsong", *CHINESE_SERIF),
    "body": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "STFangsong", *CHINESE_SERIF),
    "hei": ("SimHei", "STHeiti", *CHINESE_SANS),
    "kai": (*_KAI, *CHINESE_SERIF),
    "song": ("SimSun", "STSong", *CHINESE_SERIF),
}
# Where the same character is written otherwise than in the fonts above
_OWN_FONTS = {
    "ja": ("Noto Serif CJK JP", "Hiragino Mincho ProN", "Yu Mincho"),
    "ko": ("Noto Serif CJK KR", "AppleMyungjo", "Batang"),
    "zh-Hant": ("Noto Serif CJK TC", "Songti TC", "PMingLiU"),
    "zh-TW": ("Noto Serif CJK TC", "Songti TC", "PMingLiU"),
    "zh-HK": ("Noto Serif CJK HK", "Songti TC", "PMingLiU"),
    "ar": ("Noto Naskh Arabic", "Amiri", "DejaVu Sans"),
    "fa": ("Noto Naskh Arabic", "Amiri", "DejaVu Sans"),
    "he": ("Noto Serif Hebrew", "DejaVu Sans"),
}
_POINTS_A_PIXEL = 0.75  # 96 pixels an inch, as browsers have it
Data = list[object]


_MOST_GAPS = 1 / 20  # of the letters; a page with more is no page to read


class NoFontError(PaidspanError):
    """A document cannot be set where no font has its letters."""

    status = 503
    hint = _(
        "Please take the Word document or the EPUB; the publisher can install fonts: fonts-noto-cjk for Chinese, "
        "fonts-noto-core for most others."
    )

    def __init__(self) -> None:
        super().__init__(_("There is no PDF of this document: no font here has its letters."))


def write_pdf(matter: ExportDocument) -> bytes:
    """Return the document as pages, and say at its end where it has signs instead of letters.

    Raise NoFontError where there would be too many of them.
    """
    text = _text(matter)
    gaps = find_missing_glyphs(text)
    missing = gaps.count(text)
    if missing > len(text) * _MOST_GAPS:
        raise NoFontError
    content: dict[str, object] = {
        "title": gaps.filled(matter.title),
        "below": gaps.filled(list(matter.below_title)),
        "authors": matter.creators,
        "lang": primary_language(matter.language),
        "chinese": matter.chinese,
        "dir": matter.direction,
        "date": {"year": matter.changed_at.year, "month": matter.changed_at.month, "day": matter.changed_at.day},
        "fonts": _fonts(matter),
        "longest": LONGEST_WORD,
        # Without a Kai font headings of the second level would look like the text that they begin.
        "second": "regular" if fonts_here(_KAI) else "bold",
        "blocks": gaps.filled(_Data(matter).blocks(matter.blocks)),
        "notes": gaps.filled([_note(note) for note in _notes(matter.blocks)]),
        "gaps": _told(missing) if missing else None,
    }
    return render_pdf("exports/document.typ", content, matter.changed_at, matter.images)


def _text(matter: ExportDocument) -> str:
    """Return all that is to be set."""
    blocks = with_runs(matter.blocks, _without_boxes)
    return "\n".join(
        [matter.title, *matter.below_title, plain_text(blocks), *(run_text(it.run) for it in matter.notices.values())]
    )


def _without_boxes(run: b.Run) -> b.Run:
    """Return a run without the boxes of tasks, which are drawn."""
    return tuple(node for node in run if not isinstance(node, b.TaskBox))


def _told(missing: int) -> str:
    return ngettext(
        "%(sign)s stands for %(num)s letter that no font here has. The Word document and the EPUB hold it.",
        "%(sign)s stands for %(num)s letters that no font here has. The Word document and the EPUB hold them.",
        missing,
        sign=missing_glyph_sign(),
    )


def _fonts(matter: ExportDocument) -> dict[str, object]:
    """Return the fonts by what they are for; in Chinese a Latin one has letters alone, not marks that both know."""
    latin = fonts_here(_LATIN)
    first = [{"name": name, "covers": "latin-in-cjk"} for name in latin] if matter.chinese else latin
    own = fonts_here(_OWN_FONTS.get(matter.tag, _OWN_FONTS.get(primary_language(matter.language), ())))
    fonts: dict[str, object] = {use: [*first, *own, *fonts_here(names)] for use, names in _FONTS.items()}
    return fonts | {"latin": latin, "code": [*fonts_here(_CODE), *fonts_here(_FONTS["body"])]}


class _Data:
    """Blocks as lists that the template walks through: a kind, then what belongs to it."""

    def __init__(self, matter: ExportDocument) -> None:
        self._notices = matter.notices
        self._chinese = matter.chinese
        self._headings = 0
        self._direction = matter.direction

    def blocks(self, blocks: b.Blocks, depth: int = 0) -> list[Data]:
        shown = blocks if depth < _DEEPEST else _laid_open(blocks)
        return [self._block(block, depth + 1) for block in shown]

    def _block(self, block: b.Block, depth: int) -> Data:
        data = self._written(block, depth)
        match block:
            case b.Paragraph(children) | b.Heading(_, children):
                own = text_direction(spoken_text(children), self._direction)
            case b.GateBlock(number):
                own = text_direction(run_text(self._notices[number].run), self._direction)
            case _:
                own = self._direction
        return data if own == self._direction else ["dir", own, data]

    def _written(self, block: b.Block, depth: int) -> Data:
        match block:
            case b.Paragraph(children):
                data = self._paragraph(children)
            case b.Heading(level, children):
                data = ["h", min(level, _LOWEST), _run(children), self._next_heading()]
            case b.BulletList() | b.OrderedList():
                items = [self.blocks(item, depth) for item in block.items]
                data = ["ul", items] if isinstance(block, b.BulletList) else ["ol", block.start, items]
            case b.MathBlock(children):
                data = ["math", _run(children)]
            case b.CodeBlock(children):
                data = ["code", run_text(children)]
            case b.Table(header, rows, aligns):
                columns = asdict(columns_of(block, chinese=self._chinese))
                cells = [[_run(cell_run(cell, self._direction)) for cell in row] for row in (header, *rows)]
                data = ["table", list(aligns), columns, cells]
            case b.GateBlock(number):
                data = ["notice", _run(self._notices[number].run)]
            case b.Rule() | b.PageBreak():
                data = ["rule" if isinstance(block, b.Rule) else "break"]
            case _:
                data = self._container(block, depth)
        return data

    def _container(self, block: b.Block, depth: int) -> Data:
        data: Data = ["notes"]  # which stand at the feet of their pages
        match block:
            case b.Figure(children, caption):
                data = ["figure", _run(children), _run(caption)]
            case b.BlockQuote(inside):
                data = ["quote", self.blocks(inside, depth)]
            case b.Callout(_, title, inside):
                data = ["callout", _run(title), self.blocks(inside, depth)]
            case b.Details(summary, inside):
                data = ["details", _run(summary), self.blocks(inside, depth)]
            case b.DefinitionList(entries):
                data = ["dl", self.blocks(entries, depth)]
            case b.Term(children):
                data = ["dt", _run(children)]
            case b.Meaning(inside):
                data = ["dd", self.blocks(inside, depth)]
        return data

    def _next_heading(self) -> str:
        self._headings += 1
        return f"h{self._headings - 1}"

    def _paragraph(self, run: b.Run) -> Data:
        match run:
            case (b.RunIn(level, head), *rest):
                return ["run-in", min(level, _LOWEST), _run(head), _run(tuple(rest)), self._next_heading()]
        return ["p", _run(run)]


def _laid_open(blocks: b.Blocks) -> Iterator[b.Block]:
    """Yield blocks with what stands in lists and quotes one after the other, no further in."""
    for block in blocks:
        match block:
            case b.BulletList(items) | b.OrderedList(items):
                for item in items:
                    yield from _laid_open(item)
            case b.Callout(_, title, inside) | b.Details(title, inside):
                yield b.Paragraph(title)
                yield from _laid_open(inside)
            case b.DefinitionList(inside) | b.BlockQuote(inside) | b.Meaning(inside):
                yield from _laid_open(inside)
            case _:
                yield block


def _notes(blocks: b.Blocks) -> Iterator[b.Blocks]:
    yield from (note for block in blocks if isinstance(block, b.Footnotes) for note in block.notes)


def _note(note: b.Blocks) -> list[Data]:
    """Return what a note says, paragraph by paragraph: at the foot of a page is no room for more."""
    return [_run(run) for block in _laid_open(note) for run in inline_runs(block)]


def _run(run: b.Run) -> Data:
    return [_node(node) for node in run]


def _node(node: b.Inline) -> object:
    data: object = run_text((node,))
    match node:
        case b.CodeSpan():
            data = ["code", data]
        case node if isinstance(node, b.Styled | b.RunIn):
            data = [_KINDS[type(node)], _run(node.children)]
        case b.NoteReference(number):
            data = ["note", number]
        case b.TaskBox(done):
            data = ["task", done]
        case b.Link(href, children):
            data = ["link", _run(children), href]
        case b.Math(tex, display):
            tree = math_tree(tex, display=display)
            data = ["math", math_data(tree), tex, display] if tree else ["code", tex]
        case b.Image() if node.name:
            data = [
                "image",
                node.description,
                node.name,
                *(side * _POINTS_A_PIXEL for side in (node.width, node.height)),
            ]
        case b.LineBreak():
            data = ["br", ""]
    return data

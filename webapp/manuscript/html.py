"""Blocks as HTML, escaped by construction, with their table of contents; and the places of the gates in it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from unicodedata import east_asian_width

from webapp.manuscript import blocks as b
from webapp.manuscript.block_walk import cited_notes, flat, gate_numbers
from webapp.manuscript.inline_html import GATE_ATTRIBUTE, GateSlot, RunWriter, TocEntry, citation_id, on_one_line
from webapp.manuscript.inline_runs import run_text
from webapp.manuscript.language.text_language import direction_of, is_signed_figure

_LOWEST_LEVEL = 5  # h1 is the page's title, so level 5 is h6
_LEVEL_OF_GATES = 1  # which have a heading of their own on the page
_WIDEST_WHOLE = 12  # letters in a cell that is never broken, two to a Chinese character
_STOP = ' tabindex="0"'  # what is too wide scrolls, and a keyboard must get there


class _Writer(RunWriter):
    """Writes blocks."""

    def blocks(self, blocks: b.Blocks) -> str:
        return "\n".join(self._block(block) for block in blocks)

    def _block(self, block: b.Block) -> str:
        match block:
            case b.Paragraph(children):
                html = f"<p{self.way(children)}>{self.run(children)}</p>"
            case b.Heading():
                html = self._heading(block)
            case b.BulletList() | b.OrderedList():
                html = self._list(block)
            case b.CodeBlock():
                html = self._code(block)
            case b.MathBlock(children):
                html = f'<div class="math"{_STOP}>{self.run(children)}</div>'
            case b.Table():
                html = self._table(block)
            case b.GateBlock(number):
                self.depth(_LEVEL_OF_GATES)
                html = GateSlot(number, inline=False).html
            case b.PageBreak():
                html = '<hr class="page-break">'
            case b.Rule():
                html = "<hr>"
            case other:
                html = self._grouped(other)
        return html

    def _grouped(self, block: b.Block) -> str:
        match block:
            case b.BlockQuote(blocks):
                html = f"<blockquote>\n{self.blocks(blocks)}\n</blockquote>"
            case b.Callout():
                html = self._callout(block)
            case b.Details(summary, blocks):
                html = self._folded(block, summary, blocks)
            case b.DefinitionList(entries, tight):
                html = f"<dl>\n{self._entries(entries, tight=tight)}\n</dl>"
            case b.Footnotes(notes):
                html = self._notes(notes)
            case figure:
                assert isinstance(figure, b.Figure), figure
                told = f"<figcaption>{self.run(figure.caption)}</figcaption>" if figure.caption else ""
                html = f"<figure>{self.run(figure.children)}{told}</figure>"
        return html

    def _heading(self, heading: b.Heading) -> str:
        anchor = self.anchors.anchor(heading.children)
        self.toc.append(TocEntry(heading.level, on_one_line(heading.children), anchor))
        level = min(heading.level, _LOWEST_LEVEL)
        depth = self.depth(level)
        told = "" if depth == level else f' aria-level="{depth + 1}"'
        opening = f'<h{level + 1} id="{anchor}"{told}{self.way(heading.children)}>'
        return f"{opening}{self.run(heading.children)}</h{level + 1}>"

    def _list(self, block: b.BulletList | b.OrderedList) -> str:
        items = "\n".join(self._list_item(item, tight=block.tight) for item in block.items)
        if isinstance(block, b.BulletList):
            return f"<ul>\n{items}\n</ul>"
        start = f' start="{block.start}"' if block.start != 1 else ""
        return f"<ol{start}>\n{items}\n</ol>"

    def _list_item(self, item: b.Blocks, *, tight: bool) -> str:
        first = item[0] if tight and item else None
        way = self.way(first.children) if isinstance(first, b.Paragraph) else ""
        return f"<li{_task(item)}{way}>{self._item(item, tight=tight)}</li>"

    def _item(self, item: b.Blocks, *, tight: bool) -> str:
        def written(block: b.Block) -> str:
            return self.run(block.children) if tight and isinstance(block, b.Paragraph) else self._block(block)

        return "\n".join(map(written, item))

    def _entries(self, entries: b.Blocks, *, tight: bool) -> str:
        out: list[str] = []
        for entry in entries:
            if isinstance(entry, b.Term):
                out.append(f"<dt>{self.run(entry.children)}</dt>")
            else:
                assert isinstance(entry, b.Meaning), entry
                out.append(f"<dd>{self._item(entry.blocks, tight=tight)}</dd>")
        return "\n".join(out)

    def _callout(self, callout: b.Callout) -> str:
        kind = f' class="callout callout-{escape(callout.kind)}"'
        if callout.fold:
            return self._folded(callout, callout.title, callout.blocks, kind, is_open=callout.fold == "open")
        title = f'<p class="callout-title">{self.run(callout.title)}</p>'
        inside = "\n".join((title, *map(self._block, callout.blocks)))
        return f'<div{kind} role="note">\n{inside}\n</div>'

    def _folded(
        self, block: b.Block, summary: b.Run, inside: b.Blocks, kind: str = "", *, is_open: bool = False
    ) -> str:
        """Return what is unfolded by its summary; a gate in it is seen at once."""
        state = ' open=""' if is_open or any(gate_numbers((block,))) else ""
        inner = "\n".join((f"<summary>{self.run(summary)}</summary>", *map(self._block, inside)))
        return f"<details{kind}{state}>\n{inner}\n</details>"

    def _notes(self, notes: tuple[b.Blocks, ...]) -> str:
        """Return the notes, each with its ways back to where it is cited."""
        within = Counter(cited_notes(block for note in notes for block in note))
        items = []
        for number, note in enumerate(notes, start=1):
            times = range(1, self.cited[number] + within[number] + 1)
            *others, last = note if note and isinstance(note[-1], b.Paragraph) else (*note, b.Paragraph(()))
            back = " ".join(f'<a href="#{citation_id(number, time)}" role="doc-backlink">↩</a>' for time in times)
            words = self.run(last.children) if isinstance(last, b.Paragraph) else ""
            end = f"<p>{' '.join(filter(None, (words, back)))}</p>"
            inside = "\n".join((*map(self._block, others), end))
            items.append(f'<li id="fn-{number}">{inside}</li>')
        listed = "\n".join(items)
        return f'<section class="footnotes" role="doc-endnotes">\n<ol>\n{listed}\n</ol>\n</section>'

    def _code(self, code: b.CodeBlock) -> str:
        kind = f' class="language-{escape(code.language)}"' if code.language else ""
        way = ' dir="ltr"' if self.direction == "rtl" else ""
        return f"<pre{_STOP}{way}><code{kind}>{self.run(code.children)}</code></pre>"

    def _table(self, table: b.Table) -> str:
        head = self._row("th", table.header, table.aligns)
        body = "\n".join(self._row("td", row, table.aligns) for row in table.rows)
        body = f"\n<tbody>\n{body}\n</tbody>" if body else ""
        return f'<div class="table"{_STOP}><table>\n<thead>\n{head}\n</thead>{body}\n</table></div>'

    def _row(self, tag: str, cells: tuple[b.Run, ...], aligns: tuple[str, ...]) -> str:
        pairs = zip(cells, aligns, strict=True)
        inside = (
            f"<{tag}{_cell_kind(cell, align)}{self.way(cell)}>{self._cell(cell)}</{tag}>" for cell, align in pairs
        )
        return "<tr>" + "\n".join(inside) + "</tr>"  # a line end keeps figures apart in whatever takes the text out

    def _cell(self, cell: b.Run) -> str:
        """Return what stands in a cell; in a text from right to left, too, a figure has its sign before it."""
        html, is_signed = self.run(cell), self.direction == "rtl" and is_signed_figure(run_text(cell))
        return f'<bdi dir="ltr">{html}</bdi>' if is_signed else html


def _cell_kind(cell: b.Run, align: str) -> str:
    """Return how a cell is aligned, and whether it is long enough to be set in several lines."""
    width = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in run_text(cell))
    kinds = ([f"align-{align}"] if align else []) + (["long"] if width > _WIDEST_WHOLE else [])
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _task(item: b.Blocks) -> str:
    first = next(flat(item[0].children), None) if item and isinstance(item[0], b.Paragraph) else None
    return ' class="task"' if isinstance(first, b.TaskBox) else ""


def write_html(blocks: b.Blocks, language: str = "") -> tuple[str, tuple[TocEntry, ...]]:
    """Return the HTML of the blocks of a text in a language, and their table of contents."""
    writer = _Writer(direction_of(language))
    html = writer.blocks(blocks)
    return html, tuple(writer.toc)


def write_html_parts(parts: Iterable[b.Blocks], language: str = "") -> Iterator[tuple[str, tuple[TocEntry, ...]]]:
    """Return the HTML and the contents of each part of a text; no anchor stands in two of them."""
    writer = _Writer(direction_of(language))
    for part in parts:
        listed = len(writer.toc)
        yield writer.blocks(part), tuple(writer.toc[listed:])


def split_gates(html: str) -> tuple[str | GateSlot, ...]:
    """Return the HTML of a preview in pieces, a GateSlot where each gate's empty element stood.

    No text of a document can be taken for a slot: quotes in it are escaped.
    """
    pieces: list[str | GateSlot] = []
    seen = 0
    while (found := html.find(GATE_ATTRIBUTE, seen)) >= 0:
        number = int(html[found + len(GATE_ATTRIBUTE) : html.index('"', found + len(GATE_ATTRIBUTE))])
        slot = GateSlot(number, inline=html.startswith("<span", html.rindex("<", 0, found)))
        start = found - slot.html.index(GATE_ATTRIBUTE)
        pieces += [html[seen:start], slot]
        seen = start + len(slot.html)
    return (*pieces, html[seen:])

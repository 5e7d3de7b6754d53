"""Blocks as HTML, escaped by construction, with their table of contents; and the places of the gates in it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from webapp.manuscript import blocks as b
from webapp.manuscript.inline_runs import leaf_text, run_text

# ”。 of: 他说“□”。后文, where □ is a gate
_CLOSING = re.compile("[，。；、：？！”’）》」』】〉,.;:?!)\\]]+")
# https://example.org/a and //example.org/a, but not /d/report
_EXTERNAL = re.compile("(?i)https?:|//")
# 、 and the space of: 一、总体 情况; the _ of: snake_case
_NOT_IN_SLUGS = re.compile(r"[^\w]+|_+")
_LONGEST_SLUG = 60
_LOWEST_LEVEL = 5  # h1 is the page's title, so level 5 is h6
_LOWEST_RUN_IN_LISTED = 2
_LEVEL_OF_GATES = 1  # which have a heading of their own on the page
TAGS: dict[type[b.Strong | b.Emphasis | b.Strike | b.CodeSpan], str] = {
    b.Strong: "strong",
    b.Emphasis: "em",
    b.Strike: "s",
    b.CodeSpan: "code",
}
_SLOT = '" data-gate="'
_STOP = ' tabindex="0"'  # what is too wide scrolls, and a keyboard must get there


@dataclass(frozen=True, slots=True)
class TocEntry:
    """A heading in the table of contents; level 1 is the highest."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class GateSlot:
    """A gate's empty element in the HTML of a preview, which the page fills."""

    number: int
    inline: bool

    @property
    def html(self) -> str:
        """Return the empty element."""
        tag, kind = ("span", " paid-gate--inline") if self.inline else ("div", "")
        return f'<{tag} class="paid-gate{kind}" id="gate-{self.number}{_SLOT}{self.number}"></{tag}>'


class _Writer:
    """Writes blocks.

    What it remembers is how often each anchor was wanted, the table of contents so far, and the levels of the headings
    that the text stands under.
    """

    def __init__(self) -> None:
        self.toc: list[TocEntry] = []
        self._uses: dict[str, int] = {}
        self._above: list[int] = []

    def blocks(self, blocks: b.Blocks) -> str:
        return "\n".join(self._block(block) for block in blocks)

    def _block(self, block: b.Block) -> str:
        match block:
            case b.Paragraph(children):
                html = f"<p>{self.run(children)}</p>"
            case b.Heading():
                html = self._heading(block)
            case b.BulletList() | b.OrderedList():
                html = self._list(block)
            case b.BlockQuote(blocks):
                html = f"<blockquote>\n{self.blocks(blocks)}\n</blockquote>"
            case b.CodeBlock():
                html = self._code(block)
            case b.Table():
                html = self._table(block)
            case b.GateBlock(number):
                self._depth(_LEVEL_OF_GATES)
                html = GateSlot(number, inline=False).html
            case rule:
                html = _rule(rule)
        return html

    def _heading(self, heading: b.Heading) -> str:
        anchor = self._anchor(heading.children)
        self.toc.append(TocEntry(heading.level, _one_line(heading.children), anchor))
        level = min(heading.level, _LOWEST_LEVEL)
        depth = self._depth(level)
        told = "" if depth == level else f' aria-level="{depth + 1}"'
        return f'<h{level + 1} id="{anchor}"{told}>{self.run(heading.children)}</h{level + 1}>'

    def _depth(self, level: int) -> int:
        """Return how deep in the text's outline a heading stands, which leaves out no level where the text does."""
        while self._above and self._above[-1] >= level:
            self._above.pop()
        self._above.append(level)
        return len(self._above)

    def _anchor(self, children: b.Run) -> str:
        words = _NOT_IN_SLUGS.sub("-", run_text(children, gate=" ").lower()).strip("-")[:_LONGEST_SLUG].strip("-")
        slug = anchor = f"s-{words}" if words else "s"
        while anchor in self._uses:
            self._uses[slug] += 1
            anchor = f"{slug}-{self._uses[slug]}"
        self._uses[anchor] = 1
        return anchor

    def _list(self, block: b.BulletList | b.OrderedList) -> str:
        items = "\n".join(f"<li>{self._item(item, tight=block.tight)}</li>" for item in block.items)
        if isinstance(block, b.BulletList):
            return f"<ul>\n{items}\n</ul>"
        start = f' start="{block.start}"' if block.start != 1 else ""
        return f"<ol{start}>\n{items}\n</ol>"

    def _item(self, item: b.Blocks, *, tight: bool) -> str:
        def written(block: b.Block) -> str:
            return self.run(block.children) if tight and isinstance(block, b.Paragraph) else self._block(block)

        return "\n".join(map(written, item))

    def _code(self, code: b.CodeBlock) -> str:
        kind = f' class="language-{escape(code.language)}"' if code.language else ""
        return f"<pre{_STOP}><code{kind}>{self.run(code.children)}</code></pre>"

    def _table(self, table: b.Table) -> str:
        head = self._row("th", table.header, table.aligns)
        body = "\n".join(self._row("td", row, table.aligns) for row in table.rows)
        body = f"\n<tbody>\n{body}\n</tbody>" if body else ""
        return f'<div class="table"{_STOP}><table>\n<thead>\n{head}\n</thead>{body}\n</table></div>'

    def _row(self, tag: str, cells: tuple[b.Run, ...], aligns: tuple[str, ...]) -> str:
        kinds = (f' class="align-{align}"' if align else "" for align in aligns)
        inside = (f"<{tag}{kind}>{self.run(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))
        return "<tr>" + "\n".join(inside) + "</tr>"  # a line end keeps figures apart in whatever takes the text out

    def run(self, run: b.Run) -> str:
        return "".join(self._nodes(run))

    def _nodes(self, run: b.Run) -> Iterator[str]:
        skip = 0
        for index, node in enumerate(run):
            if isinstance(node, b.InlineGate):
                following = run[index + 1] if index + 1 < len(run) else None
                closing = _CLOSING.match(following.text) if isinstance(following, b.Text) else None
                slot = GateSlot(node.number, inline=True).html
                yield f'<span class="nowrap">{slot}{escape(closing[0])}</span>' if closing else slot
                skip = closing.end() if closing else 0
            elif isinstance(node, b.Text):
                yield escape(node.text[skip:])
                skip = 0
            else:
                yield self._node(node)

    def _node(self, node: b.Inline) -> str:
        match node:
            case b.Strong() | b.Emphasis() | b.Strike() | b.CodeSpan():
                tag = TAGS[type(node)]
                html = f"<{tag}>{self.run(node.children)}</{tag}>"
            case b.Link(href, children):
                rel = ' rel="noopener nofollow"' if _EXTERNAL.match(href) else ""
                html = f'<a href="{escape(href)}"{rel}>{self.run(children)}</a>'
            case b.Passage(number, children):
                html = f'<span class="paid-passage" id="gate-{number}">{self.run(children)}</span>'
            case b.RunIn():
                html = self._run_in(node)
            case b.Image():
                html = f'<span class="image">{escape(node.description)}</span>'
            case b.LineBreak():
                html = "<br>"
            case leaf:
                html = escape(leaf_text(leaf))
        return html

    def _run_in(self, heading: b.RunIn) -> str:
        anchor = self._anchor(heading.children)
        if heading.level <= _LOWEST_RUN_IN_LISTED:
            self.toc.append(TocEntry(heading.level, _one_line(heading.children).rstrip("。"), anchor))
        told = f'role="heading" aria-level="{self._depth(heading.level) + 1}"'
        return f'<strong class="run-in" id="{anchor}" {told}>{self.run(heading.children)}</strong>'


def _rule(rule: b.Rule | b.PageBreak) -> str:
    return '<hr class="page-break">' if isinstance(rule, b.PageBreak) else "<hr>"


def _one_line(children: b.Run) -> str:
    return " ".join(run_text(children).split())


def write_html(blocks: b.Blocks) -> tuple[str, tuple[TocEntry, ...]]:
    """Return the HTML of the blocks and their table of contents."""
    writer = _Writer()
    html = writer.blocks(blocks)
    return html, tuple(writer.toc)


def write_html_parts(parts: Iterable[b.Blocks]) -> Iterator[tuple[str, tuple[TocEntry, ...]]]:
    """Return the HTML and the contents of each part of a text; no anchor stands in two of them."""
    writer = _Writer()
    for part in parts:
        listed = len(writer.toc)
        yield writer.blocks(part), tuple(writer.toc[listed:])


def split_gates(html: str) -> tuple[str | GateSlot, ...]:
    """Return the HTML of a preview in pieces, a GateSlot where each gate's empty element stood.

    No text of a document can be taken for a slot: quotes in it are escaped.
    """
    pieces: list[str | GateSlot] = []
    seen = 0
    while (found := html.find(_SLOT, seen)) >= 0:
        number = int(html[found + len(_SLOT) : html.index('"', found + len(_SLOT))])
        slot = GateSlot(number, inline=html.startswith("<span", html.rindex("<", 0, found)))
        start = found - slot.html.index(_SLOT)
        pieces += [html[seen:start], slot]
        seen = start + len(slot.html)
    return (*pieces, html[seen:])

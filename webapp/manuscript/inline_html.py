"""Runs of inline nodes as HTML, escaped by construction, with the anchors and levels of the headings among them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from webapp.manuscript import blocks as b
from webapp.manuscript.heading_anchors import AnchorMaker
from webapp.manuscript.inline_runs import leaf_text, run_text, spoken_text
from webapp.manuscript.language.text_language import text_direction
from webapp.manuscript.math.tex_to_mathml import math_html

# ”。 of: 他说“□”。后文, where □ is a gate
_CLOSING = re.compile("[，。；、：？！”’）》」』】〉,.;:?!)\\]]+")
# https://example.org/a and //example.org/a, but not /d/report
_EXTERNAL = re.compile("(?i)https?:|//")
_LOWEST_RUN_IN_LISTED = 2
TAGS: dict[type[b.Styled], str] = {
    b.Strong: "strong",
    b.Emphasis: "em",
    b.Strike: "s",
    b.CodeSpan: "code",
    b.Subscript: "sub",
    b.Superscript: "sup",
    b.Highlighted: "mark",
    b.Underlined: "u",
    b.Keystroke: "kbd",
}
_BOXES = {False: '<input type="checkbox" disabled="">', True: '<input type="checkbox" disabled="" checked="">'}
IMAGE_ADDRESS = "/media/"
GATE_ATTRIBUTE = '" data-gate="'


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
        return f'<{tag} class="paid-gate{kind}" id="gate-{self.number}{GATE_ATTRIBUTE}{self.number}"></{tag}>'


class RunWriter:
    """Writes runs.

    What it remembers is how often each anchor was wanted, the table of contents so far, the levels of the headings that
    the text stands under, and how often each note was cited.
    """

    def __init__(self, direction: str = "ltr") -> None:
        self.direction = direction
        self.toc: list[TocEntry] = []
        self.anchors = AnchorMaker()
        self._above: list[int] = []
        self.cited: Counter[int] = Counter()

    def way(self, children: b.Run) -> str:
        """Return what an element says of its direction where that is not the text's own."""
        own = text_direction(spoken_text(children), self.direction)
        return "" if own == self.direction else f' dir="{own}"'

    def depth(self, level: int) -> int:
        """Return how deep in the text's outline a heading stands, which leaves out no level where the text does."""
        while self._above and self._above[-1] >= level:
            self._above.pop()
        self._above.append(level)
        return len(self._above)

    def run(self, run: b.Run) -> str:
        """Return the HTML of a run."""
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
            case node if isinstance(node, b.Styled):
                tag = TAGS[type(node)]
                html = f"<{tag}>{self.run(node.children)}</{tag}>"
            case b.NoteReference(number):
                html = self._reference(number)
            case b.TaskBox(done):
                html = _BOXES[done]
            case b.DocumentLink():
                html = f"<a {_document_reference(node)}>{self.run(node.children)}</a>"
            case b.Link(href, children):
                rel = ' rel="noopener nofollow"' if _EXTERNAL.match(href) else ""
                html = f'<a href="{escape(href)}"{rel}>{self.run(children)}</a>'
            case b.Passage(number, children):
                html = f'<span class="paid-passage" id="gate-{number}">{self.run(children)}</span>'
            case b.RunIn():
                html = self._run_in(node)
            case b.Image():
                html = _image(node)
            case b.LineBreak():
                html = "<br>"
            case leaf:
                html = (
                    math_html(leaf.tex, display=leaf.display) if isinstance(leaf, b.Math) else escape(leaf_text(leaf))
                )
        return html

    def _reference(self, number: int) -> str:
        self.cited[number] += 1
        id_ = citation_id(number, self.cited[number])
        return f'<sup class="note-reference"><a href="#fn-{number}" id="{id_}" role="doc-noteref">{number}</a></sup>'

    def _run_in(self, heading: b.RunIn) -> str:
        anchor = self.anchors.anchor(heading.children)
        if heading.level <= _LOWEST_RUN_IN_LISTED:
            self.toc.append(TocEntry(heading.level, on_one_line(heading.children).rstrip("。"), anchor))
        told = f'role="heading" aria-level="{self.depth(heading.level) + 1}"'
        return f'<strong class="run-in" id="{anchor}" {told}>{self.run(heading.children)}</strong>'


def _image(image: b.Image) -> str:
    """Return a picture with room for it, so that nothing moves when it comes; one that is missing is told in words."""
    if not image.name:
        return f'<span class="image">{escape(image.description)}</span>' if image.description else ""
    title = f' title="{escape(image.title)}"' if image.title else ""
    size = f'width="{image.width}" height="{image.height}"'
    address = f"{IMAGE_ADDRESS}{image.name}"
    return f'<img src="{address}" alt="{escape(image.description)}"{title} {size} loading="lazy" decoding="async">'


def citation_id(number: int, time: int) -> str:
    """Return the id of a footnote's number where it is cited for the first or a later time."""
    return f"fnref-{number}" + (f"-{time}" if time > 1 else "")


def _document_reference(link: b.DocumentLink) -> str:
    """Return an attribute for the address, which is looked up when the link is shown (documents/document_links.py)."""
    place = f"{link.target}#{link.fragment}" if link.fragment else link.target
    return f'data-{"page" if link.by_name else "document"}="{escape(place)}"'


def on_one_line(children: b.Run) -> str:
    """Return what a reader sees of a run, with single spaces."""
    return " ".join(run_text(children).split())

"""The stored HTML of an edition as blocks again: what `html.py` writes, read back, so that files need no source."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import groupby
from typing import cast

from webapp.manuscript import blocks as b
from webapp.manuscript.inline_html import TAGS, TocEntry
from webapp.manuscript.inline_runs import merged, run_text

_TOKEN = re.compile(r"<(/?)(\w+)([^>]*)>|[^<]+")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_BLOCKS = {"details", "dl", "section", "p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "div", "hr"}
_HOLDERS = {name: kind for kind, name in TAGS.items()}
_THIRD, _FOURTH = 3, 4


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    closing: bool = False
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its class."""
        return self.attributes.get("class", "")


_Token = _Tag | str
_Node = b.Block | b.Inline


def _tokens(html: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(html):
        closing, name, attributes = found.groups()
        if name is None:
            yield unescape(found[0])
        else:
            yield _Tag(name, bool(closing), {key: unescape(value) for key, value in _ATTRIBUTE.findall(attributes)})


class _Reader:
    """Reads tokens; what it knows besides is the level of each run-in heading that the contents list."""

    def __init__(self, html: str, toc: Iterable[TocEntry]) -> None:
        self._tokens = _tokens(html)
        self._levels = {entry.anchor: entry.level for entry in toc}

    def nodes(self, closing: str = "") -> Iterator[_Node]:
        """Return what stands up to a closing tag."""
        for token in self._tokens:
            match token:
                case str():
                    yield b.Text(token)
                case _Tag(closing=True):
                    assert token.name == closing, token
                    return
                case _Tag() if token.name in _BLOCKS:
                    yield self._block(token)
                case _Tag():
                    yield from self._inline(token)

    def _run(self, closing: str) -> b.Run:
        return merged(node for node in self.nodes(closing) if isinstance(node, b.Inline))

    def blocks(self, closing: str = "") -> b.Blocks:
        """Return the blocks up to a closing tag."""
        return _grouped(self.nodes(closing))

    def _block(self, tag: _Tag) -> b.Block:
        block: b.Block
        match tag.name:
            case "p":
                block = b.Paragraph(self._run("p"))
            case "ul" | "ol":
                block = self._list(tag)
            case "blockquote":
                block = b.BlockQuote(self.blocks("blockquote"))
            case "details":
                block = self._details(tag)
            case "dl":
                block = self._definitions()
            case "section":
                block = self._notes()
            case "pre":
                block = self._code()
            case "div":
                block = self._div(tag)
            case "hr":
                block = b.PageBreak() if tag.kind == "page-break" else b.Rule()
            case heading:
                level = self._levels[tag.attributes["id"]]  # its tag ends at h6
                block = b.Heading(level, self._run(heading))
        return block

    def _div(self, tag: _Tag) -> b.Block:
        if tag.kind.startswith("callout"):
            title, *blocks = self.blocks("div")
            return b.Callout(tag.kind.removeprefix("callout callout-"), title.children, tuple(blocks))
        return self._table() if tag.kind == "table" else self._gate(tag)

    def _details(self, tag: _Tag) -> b.Block:
        next(token for token in self._tokens if isinstance(token, _Tag))
        title, inside = self._run("summary"), self.blocks("details")
        if not tag.kind:
            return b.Details(title, inside)
        kind = tag.kind.removeprefix("callout callout-")
        return b.Callout(kind, title, inside, "open" if "open" in tag.attributes else "closed")

    def _definitions(self) -> b.Block:
        entries: list[b.Block] = []
        tight = True
        for token in self._tokens:
            match token:
                case _Tag("dl", closing=True):
                    break
                case _Tag("dt"):
                    entries.append(b.Term(self._run("dt")))
                case _Tag("dd"):
                    inside = tuple(self.nodes("dd"))
                    tight = tight and not any(isinstance(node, b.Paragraph) for node in inside)
                    entries.append(b.Meaning(_grouped(inside)))
        return b.DefinitionList(tuple(entries), tight)

    def _notes(self) -> b.Block:
        next(token for token in self._tokens if isinstance(token, _Tag))
        notes = self._list(_Tag("ul")).items
        next(token for token in self._tokens if isinstance(token, _Tag))
        return b.Footnotes(tuple(map(_without_way_back, notes)))

    def _gate(self, tag: _Tag) -> b.GateBlock:
        next(self._tokens)
        return b.GateBlock(int(tag.attributes["data-gate"]))

    def _code(self) -> b.CodeBlock:
        opening = next(self._tokens)
        assert isinstance(opening, _Tag)
        children = self._run("code")
        next(self._tokens)
        return b.CodeBlock(children, opening.kind.removeprefix("language-"))

    def _list(self, tag: _Tag) -> b.BulletList | b.OrderedList:
        items: list[b.Blocks] = []
        tight = True
        for token in self._tokens:
            if isinstance(token, _Tag) and token.closing:
                break
            if isinstance(token, _Tag):
                inside = tuple(self.nodes("li"))
                tight = tight and not any(isinstance(node, b.Paragraph) for node in inside)
                items.append(_grouped(inside))
        if tag.name == "ul":
            return b.BulletList(tuple(items), tight)
        return b.OrderedList(tuple(items), tight, int(tag.attributes.get("start", "1")))

    def _table(self) -> b.Table:
        rows: list[list[b.Run]] = []
        aligns: list[str] = []
        for token in self._tokens:
            match token:
                case _Tag("div", closing=True):
                    break
                case _Tag("tr", closing=False):
                    rows.append([])
                case _Tag("th" | "td" as name, closing=False):
                    if len(rows) == 1:
                        aligns.append(token.kind.removesuffix("long").strip().removeprefix("align-"))
                    rows[-1].append(self._run(name))
        header, *others = map(tuple, rows)
        return b.Table(header, tuple(others), tuple(aligns))

    def _inline(self, tag: _Tag) -> Iterator[b.Inline]:
        match tag.name:
            case "br":
                yield b.LineBreak()
            case "a":
                yield self._link(tag)
            case "input":
                yield b.TaskBox("checked" in tag.attributes)
            case "sup" if tag.kind == "note-reference":
                yield b.NoteReference(int(run_text(self._run("sup"))))
            case "strong" if tag.kind == "run-in":
                children = self._run("strong")
                yield b.RunIn(self._levels.get(tag.attributes["id"]) or _lower_level(children), children)
            case "span":
                yield from self._span(tag)
            case name:
                yield _HOLDERS[name](self._run(name))

    def _link(self, tag: _Tag) -> b.Inline:
        children = self._run("a")
        if tag.attributes.get("role") == "doc-backlink":
            return b.Link("", ())
        for key in ("data-document", "data-page"):
            if key in tag.attributes:
                target, _, fragment = tag.attributes[key].partition("#")
                return b.DocumentLink(target, fragment, key == "data-page", children)
        return b.Link(tag.attributes["href"], children)

    def _span(self, tag: _Tag) -> Iterator[b.Inline]:
        children = self._run("span")
        match tag.kind:
            case "image":
                yield b.Image("", run_text(children))
            case "paid-passage":
                yield b.Passage(int(tag.attributes["id"].removeprefix("gate-")), children)
            case "nowrap":
                yield from children
            case _:
                yield b.InlineGate(int(tag.attributes["data-gate"]))


def _without_way_back(note: b.Blocks) -> b.Blocks:
    *others, last = note
    run = list(last.children)
    while run and run[-1] == b.Link("", ()):
        run.pop()
        if run and isinstance(run[-1], b.Text):
            text = run.pop().text.removesuffix(" ")
            run += [b.Text(text)] if text else []
    return (*others, b.Paragraph(tuple(run))) if run else tuple(others)


def _lower_level(children: b.Run) -> int:
    """Return the level of a run-in heading that the contents do not list: 1. is the third, （1） the fourth."""
    return _FOURTH if run_text(children).startswith(("（", "(")) else _THIRD


def _grouped(nodes: Iterable[_Node]) -> b.Blocks:
    """Return nodes as blocks; a run between them, as in a tight list, is a paragraph."""
    out: list[b.Block] = []
    for is_run, group in groupby(nodes, lambda node: isinstance(node, b.Inline)):
        if not is_run:
            out += cast("Iterator[b.Block]", group)
        elif run := _without_line_ends(merged(cast("Iterator[b.Inline]", group))):
            out.append(b.Paragraph(run))
    return tuple(out)


def _without_line_ends(run: b.Run) -> b.Run:
    """Return a run without the line ends that only part it from the blocks around it."""
    match run:
        case (b.Text(text),):
            return (b.Text(text.strip("\n")),) if text.strip("\n") else ()
        case (b.Text(text), *others) if text.startswith("\n"):
            return _without_line_ends(merged((b.Text(text.lstrip("\n")), *others)))
        case (*others, b.Text(text)) if text.endswith("\n"):
            return merged((*others, b.Text(text.rstrip("\n"))))
    return run


def read_html(html: str, toc: Iterable[TocEntry]) -> b.Blocks:
    """Return the blocks that the HTML of an edition was written from, as far as a reader sees them.

    Written again they give the same HTML; the sources of images, and what only guarded an escape, are gone.
    """
    return _Reader(html, toc).blocks()

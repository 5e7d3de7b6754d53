"""Links within a text: each leads to our id of the heading that its author names, or is no link."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from webapp.manuscript.block_walk import inline_runs, walk, with_runs
from webapp.manuscript.blocks import Blocks, Heading, Holder, Inline, Link, Run
from webapp.manuscript.heading_anchors import TITLE_ANCHOR, AnchorNames, anchors_of, headings_in
from webapp.manuscript.inline_runs import merged, run_text


@dataclass(frozen=True, slots=True)
class LostLink:
    """A link that leads nowhere, and the first line (of the text that was read, from 0) of the block it stands in."""

    href: str
    line: int


def _names(blocks: Blocks, title: Heading | None) -> AnchorNames:
    first = [(TITLE_ANCHOR, title.name, run_text(title.children, gate=""))] if title else []
    headings = (
        (anchor, heading.name if isinstance(heading, Heading) else "", run_text(heading.children, gate=""))
        for anchor, heading in zip(anchors_of(blocks), headings_in(blocks), strict=True)
    )
    return AnchorNames([*first, *headings])


def _find(names: AnchorNames, href: str) -> str | None:
    name = unquote(href[1:])
    return TITLE_ANCHOR if name in {"", "top"} else names.find(name)


def _settled(run: Run, found: Callable[[str], str | None]) -> Run:
    if not any(isinstance(node, Holder) for node in run):
        return run
    return merged(piece for node in run for piece in _pieces(node, found))


def _pieces(node: Inline, found: Callable[[str], str | None]) -> Run:
    if not isinstance(node, Holder):
        return (node,)
    children = _settled(node.children, found)
    if not isinstance(node, Link) or not node.href.startswith("#"):
        return (replace(node, children=children),)
    anchor = found(node.href)
    return (Link(f"#{quote(anchor)}", children),) if anchor else children


def with_anchored_links(blocks: Blocks, title: Heading | None) -> Blocks:
    """Return the blocks with each link within the text leading to our id; one that leads nowhere is its words.

    The title is a heading, too, where it was taken out of the blocks.
    """
    if not any(_fragments(blocks)):
        return blocks
    names = _names(blocks, title)
    return with_runs(blocks, lambda run: _settled(run, lambda href: _find(names, href)))


def _fragments(blocks: Blocks) -> list[LostLink]:
    return [LostLink(href, block.line) for block in walk(blocks) for run in inline_runs(block) for href in _hrefs(run)]


def _hrefs(run: Run) -> list[str]:
    out: list[str] = []
    for node in run:
        if isinstance(node, Holder):
            out += [node.href] if isinstance(node, Link) and node.href.startswith("#") else []
            out += _hrefs(node.children)
    return out


def lost_links(blocks: Blocks, title: Heading | None) -> list[LostLink]:
    """Return the links within a text, as it was read, that lead to none of its headings."""
    fragments = _fragments(blocks)
    names = _names(blocks, title) if fragments else AnchorNames([])
    return [link for link in fragments if not _find(names, link.href)]

"""Pictures and attachments of a text: which ones it asks for, and the text with those shown that there are files of."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from urllib.parse import quote

from webapp.manuscript.block_walk import flat, inline_runs, mapped, walk, with_runs
from webapp.manuscript.blocks import (
    AttachmentLink,
    Block,
    Blocks,
    DocumentLink,
    Figure,
    Holder,
    Image,
    Inline,
    InlineLeaf,
    LineBreak,
    Paragraph,
    Run,
    SoftBreak,
    Text,
)
from webapp.manuscript.inline_runs import with_leaves
from webapp.manuscript.markdown.markdown_blocks import markdown_blocks
from webapp.manuscript.marker_language.markers import Manuscript
from webapp.manuscript.redact import Cut, PassageEnd, PassageStart, redact, reveal

_SIGN = "!["


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A picture that is kept: its name, made of its bytes and kind, and its size in pixels."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An attachment that is kept: its name, made of its bytes and kind, and what it is saved as."""

    name: str
    filename: str


MediaFile = ImageFile | AttachedFile
MediaFiles = Mapping[str, MediaFile]  # by the address that the source gives
NO_MEDIA: MediaFiles = MappingProxyType({})


def image_sources(manuscript: Manuscript) -> tuple[str, ...]:
    """Return the addresses of all pictures of a Markdown text, those of payers among them, each once, in order."""
    found = (image.source for cut in (reveal(manuscript), redact(manuscript)) for image in _images(cut))
    return tuple(dict.fromkeys(found))


def _images(cut: Cut) -> Iterator[Image]:
    if _SIGN not in "".join(cut.texts):
        return
    leaves = (leaf for block in walk(markdown_blocks(cut)) for run in inline_runs(block) for leaf in flat(run))
    yield from (leaf for leaf in leaves if isinstance(leaf, Image))


def attachment_sources(manuscript: Manuscript, ending: re.Pattern[str]) -> tuple[str, ...]:
    """Return the addresses of all links of a Markdown text to other files with such an ending, each once, in order.

    Most texts hold no such ending anywhere, and are not read for them.
    """
    if not ending.search(manuscript.source):
        return ()
    blocks = chain.from_iterable(markdown_blocks(cut) for cut in (reveal(manuscript), redact(manuscript)))
    links = chain.from_iterable(_file_links(run) for block in walk(blocks) for run in inline_runs(block))
    return tuple(dict.fromkeys(link_source(link) for link in links if ending.search(link.target)))


def _file_links(run: Run) -> Iterator[DocumentLink]:
    for node in run:
        if isinstance(node, Holder):
            if isinstance(node, DocumentLink):
                yield node
            yield from _file_links(node.children)


def attachments_in(blocks: Blocks) -> Iterator[str]:
    """Yield the names of the attachments that the blocks link to, in order."""
    for block in walk(blocks):
        for run in inline_runs(block):
            yield from _attachment_names(run)


def _attachment_names(run: Run) -> Iterator[str]:
    for node in run:
        if isinstance(node, Holder):
            if isinstance(node, AttachmentLink):
                yield node.name
            yield from _attachment_names(node.children)


def link_source(link: DocumentLink) -> str:
    """Return the address of a link as those of pictures are given: quoted, or a name in double brackets."""
    return f"[[{link.target}]]" if link.by_name else quote(link.target)


def with_media(blocks: Blocks, media: MediaFiles) -> Blocks:
    """Return the blocks with what these files are of, and paragraphs of such pictures alone as figures."""

    def shown(leaf: InlineLeaf) -> Inline:
        if isinstance(leaf, Image) and isinstance(file := media.get(leaf.source), ImageFile):
            return replace(leaf, name=file.name, width=file.width, height=file.height)
        return leaf

    attached = {address: file for address, file in media.items() if isinstance(file, AttachedFile)}

    def changed(run: Run) -> Run:
        return _attached(with_leaves(run, shown), attached) if attached else with_leaves(run, shown)

    return mapped(with_runs(blocks, changed), _figure) if media else blocks


def _attached(run: Run, files: Mapping[str, AttachedFile]) -> Run:
    """Return a run with those links that lead to attachments."""
    out: list[Inline] = []
    for node in run:
        if not isinstance(node, Holder):
            out.append(node)
            continue
        children = _attached(node.children, files)
        file = files.get(link_source(node)) if isinstance(node, DocumentLink) else None
        out.append(AttachmentLink(file.name, file.filename, children) if file else replace(node, children=children))
    return tuple(out)


def _figure(block: Block) -> Block:
    if not isinstance(block, Paragraph):
        return block
    visible = [leaf for leaf in flat(block.children) if not _is_space(leaf)]
    pictures = [leaf for leaf in visible if isinstance(leaf, Image) and leaf.name]
    if not pictures or len(pictures) < len(visible):
        return block
    caption = (Text(pictures[0].title),) if len(pictures) == 1 and pictures[0].title else ()
    return Figure(with_leaves(block.children, _untitled) if caption else block.children, caption, block.line)


def _is_space(leaf: Inline) -> bool:
    if isinstance(leaf, SoftBreak | LineBreak | PassageStart | PassageEnd):
        return True
    return isinstance(leaf, Text) and not leaf.text.strip()


def _untitled(leaf: InlineLeaf) -> Inline:
    """Return a picture without its title, which stands below it."""
    return replace(leaf, title="") if isinstance(leaf, Image) else leaf

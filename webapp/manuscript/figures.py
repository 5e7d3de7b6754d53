"""Pictures of a text: which ones it asks for, and the text with those shown that there are files of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from webapp.manuscript.block_walk import flat, inline_runs, mapped, walk, with_runs
from webapp.manuscript.blocks import (
    Block,
    Blocks,
    Figure,
    Image,
    Inline,
    InlineLeaf,
    LineBreak,
    Paragraph,
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


ImageFiles = Mapping[str, ImageFile]  # by the address that the source gives
NO_IMAGES: ImageFiles = MappingProxyType({})


def image_sources(manuscript: Manuscript) -> tuple[str, ...]:
    """Return the addresses of all pictures of a Markdown text, those of payers among them, each once, in order."""
    found = (image.source for cut in (reveal(manuscript), redact(manuscript)) for image in _images(cut))
    return tuple(dict.fromkeys(found))


def _images(cut: Cut) -> Iterator[Image]:
    if _SIGN not in "".join(cut.texts):
        return
    leaves = (leaf for block in walk(markdown_blocks(cut)) for run in inline_runs(block) for leaf in flat(run))
    yield from (leaf for leaf in leaves if isinstance(leaf, Image))


def with_figures(blocks: Blocks, images: ImageFiles) -> Blocks:
    """Return the blocks with what these files are of, and paragraphs of such pictures alone as figures."""

    def shown(leaf: InlineLeaf) -> Inline:
        if isinstance(leaf, Image) and (file := images.get(leaf.source)):
            return replace(leaf, name=file.name, width=file.width, height=file.height)
        return leaf

    return mapped(with_runs(blocks, lambda run: with_leaves(run, shown)), _figure) if images else blocks


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

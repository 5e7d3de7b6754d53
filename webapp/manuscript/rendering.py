"""What is stored of an edition: HTML, text, table of contents, and what its gates say."""

from dataclasses import dataclass

from webapp.manuscript.block_json import write_blocks
from webapp.manuscript.block_walk import flat, inline_runs, walk, with_runs
from webapp.manuscript.blocks import Blocks, GateBlock, Heading, Image, InlineLeaf, Math, RunIn
from webapp.manuscript.figures import ImageFiles
from webapp.manuscript.html import write_html
from webapp.manuscript.inline_html import TocEntry
from webapp.manuscript.inline_runs import leaf_text, shown_run
from webapp.manuscript.language.text_language import minutes_of
from webapp.manuscript.marker_language.markers import Manuscript
from webapp.manuscript.math.tex_to_mathml import math_text
from webapp.manuscript.plain_text_writer import plain_text
from webapp.manuscript.redact import paid_parts
from webapp.manuscript.structure import SourceFormat, StructuredText, blocks_of

RENDERER_VERSION = 4  # grows when what is stored of an edition changes: older ones are then rendered anew


@dataclass(frozen=True, slots=True)
class Gate:
    """What a gate may say of the paid text behind it; `inline` when it stands in a sentence."""

    number: int
    characters: int
    minutes: int
    headings: int
    images: int
    inline: bool


@dataclass(frozen=True, slots=True)
class RenderedEdition:
    """One edition, its body as a tree (JSON), HTML and text.

    `characters` counts what it shows, white space aside; `images` are the names of the pictures in it, each once.
    """

    title: str
    summary: str
    language: str
    subtitle: str
    authors: tuple[str, ...]
    collection: str
    cover: str
    tree: str
    html: str
    text: str
    toc: tuple[TocEntry, ...]
    gates: tuple[Gate, ...]
    characters: int
    images: tuple[str, ...]


def visible_characters(blocks: Blocks) -> int:
    """Return how many characters a reader sees of the blocks, white space and gates aside."""
    shown = (_seen(leaf) for block in walk(blocks) for run in inline_runs(block) for leaf in flat(run))
    return sum(len("".join(text.split())) for text in shown)


def _seen(leaf: InlineLeaf) -> str:
    """Return what is counted of a leaf: of a formula the signs that it shows, not its source."""
    return math_text(leaf.tex, display=leaf.display) if isinstance(leaf, Math) else leaf_text(leaf, gate="")


def gates_of(
    manuscript: Manuscript, fmt: SourceFormat, document: StructuredText, hidden: int, images: ImageFiles
) -> tuple[Gate, ...]:
    """Return what the gates of a public document say, each from its paid piece alone.

    Together they count the characters `hidden`, which a reader of the full text sees more than one of the preview does;
    none where that is less than none: a reference whose address is paid shows its brackets publicly.
    """
    standing = {block.number for block in walk(document.blocks) if isinstance(block, GateBlock)}
    pieces = [blocks_of(paid, fmt, document.language, images) for paid in paid_parts(manuscript)]
    lengths = _summing_up([visible_characters(piece) for piece in pieces], hidden)
    gates = []
    for number, (piece, length) in enumerate(zip(pieces, lengths, strict=True), start=1):
        headings, pictures = _counted(piece)
        gates.append(
            Gate(number, length, minutes_of(length, document.language), headings, pictures, number not in standing)
        )
    return tuple(gates)


def _summing_up(lengths: list[int], total: int) -> list[int]:
    """Return lengths with a sum: what is read otherwise in its place than by itself is the longest ones' matter."""
    left = total - sum(lengths)
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        more = max(left, -lengths[place])
        lengths[place] += more
        left -= more
    return lengths


def _counted(blocks: Blocks) -> tuple[int, int]:
    lines = [run for block in walk(blocks) for run in inline_runs(block)]
    headings = sum(isinstance(block, Heading) for block in walk(blocks))
    headings += sum(isinstance(node, RunIn) for run in lines for node in run)
    return headings, len(shown_images(blocks))


def shown_images(blocks: Blocks) -> list[Image]:
    """Return the pictures that the blocks show, in order."""
    leaves = (leaf for block in walk(blocks) for run in inline_runs(block) for leaf in flat(run))
    return [leaf for leaf in leaves if isinstance(leaf, Image) and leaf.name]


def render_edition(document: StructuredText, gates: tuple[Gate, ...] = ()) -> RenderedEdition:
    """Return a document as it is stored and shown."""
    blocks = with_runs(document.blocks, shown_run)
    html, toc = write_html(blocks, document.language)
    return RenderedEdition(
        title=document.title,
        summary=document.summary,
        language=document.language,
        subtitle=document.front.subtitle,
        authors=document.front.authors,
        collection=document.front.collection,
        cover=document.front.cover,
        tree=write_blocks(blocks),
        html=html,
        text=plain_text(blocks),
        toc=toc,
        gates=gates,
        characters=visible_characters(blocks),
        images=tuple(dict.fromkeys(image.name for image in shown_images(blocks))),
    )

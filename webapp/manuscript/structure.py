"""A text as a document: title, language, summary, blocks; the full one takes its facts from the public one."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from webapp.manuscript.block_walk import flat, inline_runs, mapped, walk
from webapp.manuscript.blocks import (
    ELLIPSIS,
    Block,
    Blocks,
    CodeBlock,
    CodeSpan,
    Figure,
    GateBlock,
    Heading,
    Holder,
    Image,
    InlineGate,
    LineBreak,
    Math,
    MathBlock,
    Paragraph,
    Run,
    RunIn,
    SoftBreak,
    ellipsis_in,
)
from webapp.manuscript.figures import NO_IMAGES, ImageFiles, with_figures
from webapp.manuscript.fragment_links import LostLink, lost_links, with_anchored_links
from webapp.manuscript.front_matter_format.front_matter import NO_FRONT_MATTER, FrontMatter
from webapp.manuscript.inline_runs import SENTENCE_END, divided, leaf_text, run_text
from webapp.manuscript.language.language_detection import language_of
from webapp.manuscript.markdown.callouts import titled
from webapp.manuscript.markdown.markdown_blocks import markdown_blocks
from webapp.manuscript.marker_language.character_folding import fit
from webapp.manuscript.plain_text_lines.line_headings import UNNUMBERED
from webapp.manuscript.plain_text_lines.plain_text_blocks import plain_blocks
from webapp.manuscript.redact import Cut
from webapp.manuscript.resume_passages import with_passages

NO_PROSE = (CodeBlock, CodeSpan, MathBlock, Math)
_LOWEST_LEVEL = 6
_LONGEST_TITLE = 120
_SUMMARY_LENGTH = 120
# ………… of: 甲…………乙, where two gates touched
_ELLIPSES = re.compile(f"(?:{ELLIPSIS}){{2,}}+")
_CLOSING_MARKS = "。！？；：，、…）”』」》"
_WITHOUT_SPACES = "zh", "ja"
_SENTENCE_MARKS = "。！？!?.”"


class SourceFormat(StrEnum):
    """How a source is read."""

    TEXT = "text"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class StructuredText:
    """A text, read; `opening` is the line that became the title and was taken out, `raised` the heading levels cut.

    `lost` are the links within it that lead to none of its headings.
    `divisions` are the levels below 1 that headings of a plain text have: parts and chapters, which stand above all.
    """

    title: str
    language: str
    summary: str
    blocks: Blocks
    opening: str
    raised: int
    front: FrontMatter
    lost: tuple[LostLink, ...] = ()
    divisions: tuple[int, ...] = ()


def blocks_of(cut: Cut, fmt: SourceFormat, language: str, images: ImageFiles = NO_IMAGES) -> Blocks:
    """Return the blocks of a text in its format, with those of its pictures shown that there are files of."""
    if fmt is not SourceFormat.MARKDOWN:
        return plain_blocks(cut, language)
    return with_figures(titled(markdown_blocks(cut), language), images)


def read_public(cut: Cut, fmt: SourceFormat, language: str = "", images: ImageFiles = NO_IMAGES) -> tuple[str, Blocks]:
    """Return the language of a public text, told from its prose unless it is given, and its blocks."""
    if fmt is SourceFormat.MARKDOWN:
        blocks = markdown_blocks(cut)
        language = language or language_of(_prose(blocks))
        return language, with_figures(titled(blocks, language), images)
    language = language or language_of("".join(cut.texts))
    return language, plain_blocks(cut, language)


def _prose(blocks: Blocks) -> str:
    """Return the words of the blocks without code and formulas."""
    runs = (run for block in walk(blocks) if not isinstance(block, NO_PROSE) for run in inline_runs(block))
    return "\n".join("".join(_spoken(run)) for run in runs)


def _spoken(run: Run) -> Iterator[str]:
    for node in run:
        if isinstance(node, Holder):
            yield from () if isinstance(node, NO_PROSE) else _spoken(node.children)
        elif not isinstance(node, NO_PROSE):
            yield leaf_text(node, gate=" ")


def shortened(text: str, length: int) -> str:
    """Return a text cut after the last sentence that fits, else after the last word, with an ellipsis."""
    if len(text) <= length:
        return text
    ends = [found.end() for found in SENTENCE_END.finditer(text, 0, length)]
    if ends and ends[-1] * 2 >= length:
        return text[: ends[-1]]
    words = text[:length].rpartition(" ")[0] if text[length - 1 : length + 1].isascii() else ""
    return (words or text[:length]).rstrip("，、；：,;: ") + ELLIPSIS


def short_title(title: str, language: str, length: int = _LONGEST_TITLE) -> str:
    """Return a title as lists show it: a long one is cut, with the ellipsis of its language."""
    return title if len(title) <= length else shortened(title, length).replace(ELLIPSIS, ellipsis_in(language))


@dataclass(frozen=True, slots=True)
class _Opening:
    """The first line that shows something: its text, the gates in it, and what is left of its block."""

    text: str
    gates: tuple[GateBlock, ...]
    rest: Blocks


def _words(run: Run) -> str:
    """Return the words of a run, gates and descriptions of pictures aside."""
    return "".join(leaf_text(leaf, gate="") for leaf in flat(run) if not isinstance(leaf, Image)).strip()


def _opening(block: Block) -> _Opening | None:
    """Return the first line of a heading or a paragraph, None where it is none or is no line of words."""
    if not isinstance(block, Heading | Paragraph):
        return None
    (line, *others), between = divided(block.children, (SoftBreak, LineBreak))
    if not _words(line) or any(isinstance(leaf, Image) for leaf in flat(line)):
        return None
    gates = tuple(GateBlock(leaf.number, block.line) for leaf in flat(line) if isinstance(leaf, InlineGate))
    joints = [(), *((joint,) for joint in between[1:])]
    rest = tuple(node for joint, other in zip(joints, others, strict=False) for node in (*joint, *other))
    return _Opening(" ".join(run_text(line).split()), gates, (Paragraph(rest, block.line),) if rest else ())


def _first_words(block: Block) -> str:
    texts = (_words(run) for inner in walk((block,)) for run in inline_runs(inner))
    return next((text.splitlines()[0] for text in texts if text), "")


@dataclass(frozen=True, slots=True)
class _Titled:
    """The title, the line that it is where that line was taken out, that line's heading, and the other blocks."""

    title: str
    opening: str
    heading: Heading | None
    blocks: Blocks


def _titled(blocks: Blocks, told: str, language: str, name: str) -> _Titled:
    """Return the title and the body; where the title is told, its line is taken out if it is the first.

    The first of several chapters is no title where the text has a name. A line too long for a title that is no
    heading, one with a picture, and one in a list, a table, a quote or code stays where it is.
    """
    for index, block in enumerate(blocks):
        if isinstance(block, Figure):  # what is written below a picture is no title of the text
            continue
        opening = _opening(block)
        if told and (opening or _first_words(block)) and not (opening and opening.text == told):
            return _Titled(told, "", None, blocks)
        if name and not told and isinstance(block, Heading) and _is_one_of_many(block, blocks):
            return _Titled(name, "", None, blocks)
        heading = block if isinstance(block, Heading) else None
        if opening and (told or heading or len(opening.text) <= _LONGEST_TITLE):
            rest = (*blocks[:index], *opening.gates, *opening.rest, *blocks[index + 1 :])
            return _Titled(opening.text, opening.text, heading, rest)
        if words := opening.text if opening else _first_words(block):
            cut = short_title(" ".join(words.split()), language, _LONGEST_TITLE // 2)
            return _Titled(cut, "", None, blocks)
    return _Titled(told, "", None, blocks)


def _is_one_of_many(heading: Heading, blocks: Blocks) -> bool:
    return sum(isinstance(block, Heading) and block.level == heading.level for block in blocks) > 1


def _without_opening(blocks: Blocks, text: str) -> tuple[Blocks, Heading | None]:
    """Return the full text's blocks without the line that is the title, and it, where nothing of it is paid."""
    for index, block in enumerate(blocks if text else ()):
        opening = _opening(block)
        if opening and opening.text == text:
            rest = (*blocks[:index], *opening.rest, *blocks[index + 1 :])
            return rest, block if isinstance(block, Heading) else None
    return blocks, None


def _summary(blocks: Blocks, language: str) -> str:
    summary = ""
    for block in blocks:
        if isinstance(block, Paragraph):
            is_closed = language.startswith(_WITHOUT_SPACES) and summary[-1:] in _CLOSING_MARKS
            joint = " " if summary and not is_closed else ""
            summary += joint + " ".join(run_text(block.children).split())
        elif isinstance(block, GateBlock) and summary and summary[-1] not in _SENTENCE_MARKS:
            summary += ELLIPSIS
        if len(summary) >= _SUMMARY_LENGTH:
            break
    summary = shortened(_ELLIPSES.sub(ELLIPSIS, summary), _SUMMARY_LENGTH)
    return summary.replace(ELLIPSIS, ellipsis_in(language))


def _raised(blocks: Blocks, levels: int) -> Blocks:
    def raised(block: Block) -> Block:
        return replace(block, level=max(1, block.level - levels)) if isinstance(block, Heading) else block

    return mapped(blocks, raised) if levels else blocks


def _divisions(blocks: Blocks) -> tuple[int, ...]:
    levels = {block.level for block in blocks if isinstance(block, Heading)}
    levels |= {
        node.level
        for block in blocks
        if isinstance(block, Paragraph)
        for node in block.children[:1]
        if isinstance(node, RunIn)
    }
    return tuple(sorted(level for level in levels if level < 1 and level != UNNUMBERED))


def levelled(blocks: Blocks, divisions: tuple[int, ...]) -> Blocks:
    """Return the blocks of a plain text with the levels of its headings counted from 1, those of divisions first."""

    def counted(level: int) -> int:
        return min(level + len(divisions), _LOWEST_LEVEL) if level > 0 else max(1, bisect_right(divisions, level))

    def changed(block: Block) -> Block:
        match block:
            case Heading(level):
                return replace(block, level=counted(level))
            case Paragraph((RunIn(level) as head, *rest)):
                return replace(block, children=(replace(head, level=counted(level)), *rest))
            case _:
                return block

    return tuple(map(changed, blocks))


def _levels_to_raise(titled: _Titled) -> int:
    """Return 1 where Markdown's `##` is the highest heading below the title, as it is below `# title`, else 0."""
    levels = {block.level for block in walk(titled.blocks) if isinstance(block, Heading)}
    return int(bool(levels or titled.heading) and 1 not in levels)


def structure_public(
    read: Blocks, fmt: SourceFormat, language: str, title_hint: str, front: FrontMatter = NO_FRONT_MATTER
) -> StructuredText:
    """Return the public side, all of it decided from the public text's blocks and its front matter alone."""
    hint = " ".join(fit(title_hint).split())
    divisions = _divisions(read) if fmt is SourceFormat.TEXT else ()
    read = levelled(read, divisions) if fmt is SourceFormat.TEXT else read
    titled = _titled(read, front.title, language, hint if divisions else "")
    levels = _levels_to_raise(titled) if fmt is SourceFormat.MARKDOWN else 0
    title = titled.title or hint
    blocks = _raised(with_anchored_links(titled.blocks, titled.heading), levels)
    summary = front.summary or _summary(blocks, language)
    lost = tuple(lost_links(titled.blocks, titled.heading))
    return StructuredText(title, language, summary, blocks, titled.opening, levels, front, lost, divisions)


def structure_full(
    cut: Cut, fmt: SourceFormat, public: StructuredText, images: ImageFiles = NO_IMAGES
) -> StructuredText:
    """Return the full text with the public side's title, language, summary and scheme of headings."""
    read = with_passages(blocks_of(cut, fmt, public.language, images))
    read = levelled(read, public.divisions) if fmt is SourceFormat.TEXT else read
    body, heading = _without_opening(read, public.opening)
    blocks = _raised(with_anchored_links(body, heading), public.raised)
    return replace(public, blocks=blocks, lost=tuple(lost_links(body, heading)))

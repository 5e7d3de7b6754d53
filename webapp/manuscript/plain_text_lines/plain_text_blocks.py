"""Plain text as blocks: what each line is, is told by the line and those around it."""

import re
from collections.abc import Iterable, Iterator

from webapp.manuscript.blocks import Block, Blocks, Heading, Inline, LineBreak, Paragraph
from webapp.manuscript.inline_runs import merged
from webapp.manuscript.language.text_language import is_unspaced
from webapp.manuscript.plain_text_lines.line_headings import chinese_heading, leads_to_page
from webapp.manuscript.plain_text_lines.linked_addresses import with_links
from webapp.manuscript.plain_text_lines.spaced_headings import division_of, spaced_heading
from webapp.manuscript.plain_text_lines.text_lines import Group, line_groups
from webapp.manuscript.plain_text_lines.text_tables import table_of, table_regions
from webapp.manuscript.plain_text_lines.wrapped_lines import (
    LONGEST_WRAPPED_LINE,
    chinese_pieces,
    chinese_width,
    joined_run,
    spaced_pieces,
    spaced_width,
    words_of,
)
from webapp.manuscript.redact import Cut

_CONTENTS = re.compile(
    r"目\s*[录錄次]|(?i:(?:table of )?contents)|Inhalt(?:sverzeichnis)?|Sommaire|Índice|Содержание|차례|목차"
)
_PAGE = re.compile(r"[.…·․]*[0-9０-９ivxlc]*$")
_SPACE = re.compile(r"\s+")
_LONGEST_ENTRY, _LONGEST_NAME = 60, 200
_FEWEST_ENTRIES = 2
_ENDS_SENTENCE = tuple("。！？!?.；;，,")

_Part = Group | Block


def _contents(parts: Iterable[_Part]) -> frozenset[int]:
    """Return the numbers of the lines of a list of contents: its headings stand again further on."""
    entries: list[int] = []
    found: list[int] = []
    seen: set[str] | None = None
    for part in parts:
        for line in part if isinstance(part, list) else ():
            if seen is None:
                seen, entries = (set() if _CONTENTS.fullmatch(line.text) else None), []
                continue
            name = _PAGE.sub("", _SPACE.sub("", line.text[:_LONGEST_NAME])) or line.text
            is_entry = leads_to_page(line.text) or (
                len(line.text) <= _LONGEST_ENTRY and (division_of(line.text) or not line.text.endswith(_ENDS_SENTENCE))
            )
            if name in seen or not is_entry:
                found += entries if len(entries) >= _FEWEST_ENTRIES else []
                seen = None
            else:
                seen.add(name)
                entries.append(line.number)
        if not isinstance(part, list) and seen is not None:
            found += entries if len(entries) >= _FEWEST_ENTRIES else []
            seen = None
    return frozenset(found + (entries if seen and len(entries) >= _FEWEST_ENTRIES else []))


def _tables(group: Group) -> Iterator[_Part]:
    """Return the tables of a group, and the lines between them."""
    for may_be, lines in table_regions(group):
        table = table_of(lines) if may_be else None
        yield table or lines


def _unspaced(parts: list[_Part], entries: frozenset[int]) -> Iterator[Block]:
    """Return the blocks of a text without spaces between its words, where each line is one unless it was wrapped."""
    width = chinese_width(part for part in parts if isinstance(part, list))
    is_first = True
    for part in parts:
        for piece in chinese_pieces(part, width, is_first=is_first) if isinstance(part, list) else [part]:
            if not isinstance(piece, list):
                yield piece
                continue
            run, number = (joined_run(piece, "") if len(piece) > 1 else piece[0].run), piece[0].number
            heading = None if number in entries else chinese_heading(run, number)
            yield heading or Paragraph(run, number)
        is_first = is_first and not isinstance(part, list)


def _spaced(parts: list[_Part], entries: frozenset[int]) -> Iterator[Block]:
    """Return the blocks of a text with spaces between its words."""
    groups = [part for part in parts if isinstance(part, list)]
    usual, words = spaced_width(groups), words_of(groups)
    for index, part in enumerate(parts):
        if not isinstance(part, list):
            yield part
            continue
        before, after = _last_line(parts, index), _next_line(parts, index)
        heading = None if part[0].number in entries else spaced_heading(part, before, after)
        taken = 0
        if heading:
            level, taken = heading
            yield Heading(level, joined_run(part[:taken]), part[0].number)
        elif not before and len(spaced_pieces(part, usual)[0]) == 1:  # the title, unless it goes on in the next line
            taken = 1
            yield Paragraph(part[0].run, part[0].number)
        yield from _paragraphs(part[taken:], usual, words) if part[taken:] else ()


def _last_line(parts: list[_Part], index: int) -> str:
    before = parts[index - 1] if index else None
    return before[-1].text if isinstance(before, list) else "\n" if before else ""


def _next_line(parts: list[_Part], index: int) -> str:
    after = parts[index + 1] if index + 1 < len(parts) else None
    return after[0].text if isinstance(after, list) else "\n" if after else ""


def _paragraphs(group: Group, usual: int, words: frozenset[str]) -> Iterator[Paragraph]:
    """Return the paragraphs of a group of lines, or, where none goes on in the next, one that keeps them."""
    pieces = spaced_pieces(group, usual)
    if len(pieces) < len(group) or any(len(line.text) > LONGEST_WRAPPED_LINE for line in group):
        yield from (Paragraph(joined_run(piece, " ", words), piece[0].number) for piece in pieces)
        return
    nodes: list[Inline] = []
    for line in group:
        nodes += (*([LineBreak()] if nodes else []), *line.run)
    yield Paragraph(merged(nodes), group[0].number)


def plain_blocks(cut: Cut, language: str) -> Blocks:
    """Return the blocks of a plain text: of each line what it is, decided from the text that is given alone."""
    whole = list(line_groups(cut))
    entries = _contents(whole)
    parts = [inner for part in whole for inner in (_tables(part) if isinstance(part, list) else (part,))]
    blocks = tuple(_unspaced(parts, entries) if is_unspaced(language) else _spaced(parts, entries))
    return with_links(blocks) if any("://" in text for text in cut.texts) else blocks

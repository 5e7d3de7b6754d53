"""The lines of a plain text, in groups between blank lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from webapp.manuscript.blocks import Block, GateBlock, Inline, InlineGate, PageBreak, Run, Text
from webapp.manuscript.inline_runs import merged, run_text, trimmed
from webapp.manuscript.marker_language.character_folding import CHINESE_CHARACTERS, fit
from webapp.manuscript.redact import Cut, GateMark, PageBreakMark, TextPart

# Those of an editor, and what else ends a line: VT, NEL, LS, PS; FF ends a page, too.
LINE_BREAK = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_KEPT_BREAK = re.compile("\r\n?|[\n\u2028\u2029]")  # what `fit` leaves of them
_FORM_FEED = "\x0c"
GATE = "\ufffc"  # one character for one node, so that offsets in the text of a run are offsets in the run
_WIDE = re.compile(f"[{CHINESE_CHARACTERS}\u1100-\u115f\uac00-\ud7a3]")
_TAB = 4


def width_of(text: str) -> int:
    """Return how many columns a text takes; a character of Chinese takes two."""
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line that shows something: its number in the text (from 0), its run as it is and trimmed, and its text."""

    number: int
    row: Run
    run: Run
    text: str

    @property
    def width(self) -> int:
        """Return how many columns its text takes."""
        return width_of(self.text)

    @property
    def indent(self) -> int:
        """Return how many columns it is moved in."""
        text = run_text(self.row, GATE)
        return width_of(text[: len(text) - len(text.lstrip())].replace("\t", " " * _TAB))


Group = list[TextLine]
_Row = tuple[int, Run | Block]


def _rows(parts: Iterable[TextPart]) -> Iterator[_Row]:
    """Return lines, and the blocks that divide them, with the number of the line, from 0."""
    line = 0
    row: list[Inline] = []
    for part in parts:
        match part.content:
            case str() as text:
                for number, page in enumerate(text.split(_FORM_FEED)):
                    if number:
                        yield line, tuple(row)
                        yield line, PageBreak(line)
                        line, row = line + 1, []
                    kept = fit(page.replace("\x0b", "\u2028").replace("\x85", "\u2028"))
                    first, *others = _KEPT_BREAK.split(kept)
                    row.append(Text(first))
                    for other in others:
                        yield line, tuple(row)
                        line, row = line + 1, [Text(other)]
            case GateMark(number, inline=True):
                row.append(InlineGate(number))
            case GateMark() | PageBreakMark() as breaking:
                yield line, tuple(row)
                yield line, GateBlock(breaking.number, line) if isinstance(breaking, GateMark) else PageBreak(line)
                row = []
            case atom:
                row.append(atom)
    yield line, tuple(row)


def line_groups(cut: Cut) -> Iterator[Group | Block]:
    """Return the lines of a text, grouped by blank lines, and the blocks that stand between them."""
    group: Group = []
    anchors: Run = ()  # those of a line that shows nothing go to the next that does
    for number, row in _rows(cut.parts):
        if not isinstance(row, tuple):
            if group:
                yield group
            yield row
            group = []
            continue
        whole = row if len(row) == 1 else merged(row)
        run = trimmed(whole)
        if text := run_text(run, GATE):
            group.append(TextLine(number, (*anchors, *whole), (*anchors, *run), text))
            anchors = ()
        else:
            anchors += run
            if group:
                yield group
            group = []
    if group:
        yield group

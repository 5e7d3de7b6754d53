"""The marker language: where the paid spans of a source begin and end, and what is wrong with its markers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from webapp.manuscript.character_folding import EXPANSIONS, IGNORED, SPACE, sketch
from webapp.manuscript.findings import Code, Finding, finding, in_order
from webapp.manuscript.line_columns import places
from webapp.manuscript.near_markers import MASK, NearMarker, near_markers

_GAP = f"[{IGNORED}{SPACE}]*+"


class Kind(StrEnum):
    """What a stretch of the source means."""

    BEGIN = "paidbegin"
    END = "paidend"
    PAGE_BREAK = "pagebreak"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the source that is no plain text; a literal's begins with the backslash that is dropped."""

    kind: Kind
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Span:
    """A paid span: its two markers, and their places (1-based, in characters)."""

    begin: Mark
    end: Mark
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def characters(self) -> int:
        """Return the length of the source between the markers."""
        return self.end.start - self.begin.stop

    def paid(self, source: str) -> str:
        """Return the source between the markers."""
        return source[self.begin.stop : self.end.start]


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A source and what its markers say; `marks` are its page breaks and literals, the spans' own are in `spans`."""

    source: str
    marks: tuple[Mark, ...]
    spans: tuple[Span, ...]
    findings: tuple[Finding, ...]


_Slip = tuple[Code, int, str]  # where it stands in the source, and its excerpt


def _spelling(word: str) -> str:
    if not word:
        return ""
    ways = [(word[0], word[1:])]
    ways += [(code, word[len(letters) :]) for letters, code in EXPANSIONS.items() if word.startswith(letters)]
    return "(?:" + "|".join(f"{code}{_GAP}{_spelling(rest)}" for code, rest in ways) + ")"


_WORDS = (Kind.BEGIN, Kind.END, Kind.PAGE_BREAK)
_EXACT = re.compile(
    rf"(?P<symbol>[#$]){_GAP}(?P=symbol){_GAP}"
    rf"(?:{'|'.join(f'(?P<{word}>{_spelling(word)})' for word in _WORDS)})"
    rf"(?P=symbol){_GAP}(?P=symbol)"
)


def _is_escaped(source: str, start: int) -> bool:
    first = start
    while first and source[first - 1] == "\\":
        first -= 1
    return (start - first) % 2 == 1


def _exact_marks(source: str, classes: str) -> Iterator[Mark]:
    for found in _EXACT.finditer(classes):
        start, stop = found.span()
        if _is_escaped(source, start):
            yield Mark(Kind.LITERAL, start - 1, stop)
        else:
            yield Mark(Kind(found.lastgroup or ""), start, stop)


def _masked(classes: str, marks: Iterable[Mark]) -> str:
    pieces: list[str] = []
    seen = 0
    for mark in marks:
        pieces += classes[seen : mark.start], MASK * (mark.stop - mark.start)
        seen = mark.stop
    return "".join((*pieces, classes[seen:]))


def _matched(source: str, marks: Iterable[Mark]) -> tuple[list[tuple[Mark, Mark]], list[_Slip]]:
    """Return the outermost pairs of markers, and what does not pair; ends are matched by depth."""
    pairs, slips = [], []
    waiting: list[Mark] = []
    for mark in marks:
        excerpt = source[mark.start : mark.stop]
        if mark.kind is Kind.BEGIN:
            if waiting:
                slips.append((Code.NESTED_BEGIN, mark.start, excerpt))
            waiting.append(mark)
        elif not waiting:
            slips.append((Code.STRAY_END, mark.start, excerpt))
        elif begin := waiting.pop():
            pairs += [] if waiting else [(begin, mark)]
    slips += [(Code.UNCLOSED_SPAN, mark.start, source[mark.start : mark.stop]) for mark in waiting]
    return pairs, slips


def _located(source: str, pairs: Iterable[tuple[Mark, Mark]]) -> tuple[Span, ...]:
    pairs = list(pairs)
    where = places(source, [mark.start for pair in pairs for mark in pair])
    return tuple(Span(begin, end, *next(where), *next(where)) for begin, end in pairs)


def _findings(source: str, slips: Iterable[_Slip]) -> tuple[Finding, ...]:
    ordered = sorted(slips, key=lambda slip: slip[1])
    where = places(source, [start for _, start, _ in ordered])
    return in_order([finding(code, next(where), excerpt) for code, _, excerpt in ordered])


def _sorted_out(source: str, near: Iterable[NearMarker]) -> tuple[list[Mark], list[_Slip]]:
    literals, slips = [], []
    for each in near:
        if _is_escaped(source, each.start):
            literals.append(Mark(Kind.LITERAL, each.start - 1, each.bare_stop))
        else:
            slips.append((Code.NEAR_MARKER, each.start, source[each.bare_start : each.bare_stop]))
    return literals, slips


def parse(source: str) -> Manuscript:
    """Return what the markers of a source say; every text has an answer, be it one full of findings."""
    classes = sketch(source)
    exact = list(_exact_marks(source, classes))
    literals, near = _sorted_out(source, near_markers(source, _masked(classes, exact)))
    ends = (Kind.BEGIN, Kind.END)
    pairs, unpaired = _matched(source, [mark for mark in exact if mark.kind in ends])
    empty = [
        (Code.EMPTY_SPAN, begin.start, source[begin.start : begin.stop])
        for begin, end in pairs
        if not source[begin.stop : end.start].strip()
    ]
    marks = sorted([*literals, *(mark for mark in exact if mark.kind not in ends)], key=lambda mark: mark.start)
    spans = _located(source, pairs)
    return Manuscript(source, tuple(marks), spans, _findings(source, [*near, *unpaired, *empty]))


def suspects(text: str) -> Iterator[tuple[int, str]]:
    """Return the offset and the wording of all that is, or looks like, a marker of a paid span, escaped or not."""
    classes = sketch(text)
    exact = [Mark(Kind(found.lastgroup or ""), *found.span()) for found in _EXACT.finditer(classes)]
    yield from ((mark.start, text[mark.start : mark.stop]) for mark in exact if mark.kind is not Kind.PAGE_BREAK)
    yield from (
        (near.start, text[near.bare_start : near.bare_stop]) for near in near_markers(text, _masked(classes, exact))
    )


def repaired(source: str) -> str:
    """Return the source with its unclosed spans closed at its end; nothing else is mended."""
    unclosed = sum(each.code is Code.UNCLOSED_SPAN for each in parse(source).findings)
    if not unclosed:
        return source
    # A backslash at the end would make the end marker a literal.
    return source + "\n" * _is_escaped(source, len(source)) + "##paidend##" * unclosed

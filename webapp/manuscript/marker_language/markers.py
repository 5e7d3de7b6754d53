"""The marker language: where the paid spans of a source begin and end, and what is wrong with its markers."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from webapp.manuscript.findings import Finding, FindingCode, FrontMatterProblem, finding, front_matter_finding, in_order
from webapp.manuscript.front_matter_format.front_matter import NO_FRONT_MATTER, FrontMatter, read_front_matter
from webapp.manuscript.line_columns import line_columns
from webapp.manuscript.marker_language.bracketed_markers import BareMarker, bare_markers
from webapp.manuscript.marker_language.character_folding import EXPANSIONS, IGNORED, SPACE, sketch
from webapp.manuscript.marker_language.near_markers import MASK, NearMarker, near_markers

_GAP = f"[{IGNORED}{SPACE}]*+"


class MarkerKind(StrEnum):
    """What a stretch of the source means."""

    BEGIN = "paidbegin"
    END = "paidend"
    PAGE_BREAK = "pagebreak"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class Marker:
    """A stretch of the source that is no plain text; a literal's begins with the backslash that is dropped."""

    kind: MarkerKind
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class PaidSpan:
    """A paid span: its two markers, and their places (1-based, in characters)."""

    begin: Marker
    end: Marker
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
    """A source and what its markers say; `marks` are its page breaks and literals, the spans' own are in `spans`.

    `bare` are words outside of them that may be meant as markers; whether they stand in code is not known yet.

    The text begins at `front.body`; before it stands the front matter, of which no cut is made.
    """

    source: str
    marks: tuple[Marker, ...]
    spans: tuple[PaidSpan, ...]
    findings: tuple[Finding, ...]
    front: FrontMatter = NO_FRONT_MATTER
    bare: tuple[BareMarker, ...] = ()
    written: str | None = None  # where markers were moved out of formulas: the source as it came

    @property
    def as_written(self) -> str:
        """Return the source as its publisher wrote it."""
        return self.source if self.written is None else self.written


_Slip = tuple[FindingCode, int, str]  # where it stands in the source, and its excerpt


def _spelling(word: str) -> str:
    if not word:
        return ""
    ways = [(word[0], word[1:])]
    ways += [(code, word[len(letters) :]) for letters, code in EXPANSIONS.items() if word.startswith(letters)]
    return "(?:" + "|".join(f"{code}{_GAP}{_spelling(rest)}" for code, rest in ways) + ")"


_WORDS = (MarkerKind.BEGIN, MarkerKind.END, MarkerKind.PAGE_BREAK)
# In a sketch: ##paidbegin##, $$ paidend $$, ## pagebreak##; and so ＃＃ＰａｉｄＢｅｇｉｎ＃＃, too
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


def _exact_marks(source: str, classes: str) -> Iterator[Marker]:
    for found in _EXACT.finditer(classes):
        start, stop = found.span()
        if _is_escaped(source, start):
            yield Marker(MarkerKind.LITERAL, start - 1, stop)
        else:
            yield Marker(MarkerKind(found.lastgroup or ""), start, stop)


def _masked(classes: str, marks: Iterable[Marker], mask: str = MASK) -> str:
    pieces: list[str] = []
    seen = 0
    for mark in marks:
        pieces += classes[seen : mark.start], mask * (mark.stop - mark.start)
        seen = mark.stop
    return "".join((*pieces, classes[seen:]))


def _matched(source: str, marks: Iterable[Marker]) -> tuple[list[tuple[Marker, Marker]], list[_Slip]]:
    """Return the outermost pairs of markers, and what does not pair; ends are matched by depth."""
    pairs, slips = [], []
    waiting: list[Marker] = []
    for mark in marks:
        excerpt = source[mark.start : mark.stop]
        if mark.kind is MarkerKind.BEGIN:
            if waiting:
                slips.append((FindingCode.NESTED_BEGIN, mark.start, excerpt))
            waiting.append(mark)
        elif not waiting:
            slips.append((FindingCode.STRAY_END, mark.start, excerpt))
        else:
            begin = waiting.pop()
            pairs += [] if waiting else [(begin, mark)]
    slips += [(FindingCode.UNCLOSED_SPAN, mark.start, source[mark.start : mark.stop]) for mark in waiting]
    return pairs, slips


def _located(source: str, pairs: Iterable[tuple[Marker, Marker]]) -> tuple[PaidSpan, ...]:
    pairs = list(pairs)
    where = line_columns(source, [mark.start for pair in pairs for mark in pair])
    return tuple(PaidSpan(begin, end, *next(where), *next(where)) for begin, end in pairs)


def _findings(source: str, slips: Iterable[_Slip]) -> tuple[Finding, ...]:
    ordered = sorted(slips, key=lambda slip: slip[1])
    where = line_columns(source, [start for _, start, _ in ordered])
    return in_order([finding(code, next(where), excerpt) for code, _, excerpt in ordered])


def _sorted_out(source: str, near: Iterable[NearMarker]) -> tuple[list[Marker], list[_Slip]]:
    literals, slips = [], []
    for each in near:
        if _is_escaped(source, each.start):
            literals.append(Marker(MarkerKind.LITERAL, each.start - 1, each.bare_stop))
        else:
            slips.append((FindingCode.NEAR_MARKER, each.start, source[each.bare_start : each.bare_stop]))
    return literals, slips


def parse_manuscript(source: str) -> Manuscript:
    """Return what the markers of a source say; every text has an answer, be it one full of findings."""
    front, told = read_front_matter(source)
    classes = sketch(source)
    exact = list(_exact_marks(source, classes))
    nearly = near_markers(source, _masked(classes, exact))
    bare = [each for each in _bare(source, classes, exact, nearly) if each.word_start >= front.body]
    literals, near = _sorted_out(source, nearly)
    misplaced = [mark.start for mark in (*exact, *literals) if mark.start < front.body]
    misplaced += [start for _, start, _ in near if start < front.body]
    exact, literals = ([mark for mark in marks if mark.start >= front.body] for marks in (exact, literals))
    near = [slip for slip in near if slip[1] >= front.body]
    ends = (MarkerKind.BEGIN, MarkerKind.END)
    pairs, unpaired = _matched(source, [mark for mark in exact if mark.kind in ends])
    empty = [
        (FindingCode.EMPTY_SPAN, begin.start, source[begin.start : begin.stop])
        for begin, end in pairs
        if not source[begin.stop : end.start].strip()
    ]
    marks = sorted([*literals, *(mark for mark in exact if mark.kind not in ends)], key=lambda mark: mark.start)
    spans = _located(source, pairs)
    findings = [*told, *_misplaced(source, misplaced), *_findings(source, [*near, *unpaired, *empty])]
    return Manuscript(source, tuple(marks), spans, in_order(findings), front, tuple(bare))


def _bare(source: str, classes: str, exact: list[Marker], near: list[NearMarker]) -> Iterator[BareMarker]:
    """Yield the bare markers that are neither markers nor near ones, in order; no sign of a marker counts for them."""
    taken = sorted([*((each.start, each.stop) for each in exact), *((each.start, each.stop) for each in near)])
    source = _masked(source, exact, "x")
    for bare in sorted(bare_markers(source, classes), key=lambda each: each.word_start):
        before = bisect_right(taken, (bare.word_start, len(source))) - 1
        if before < 0 or taken[before][1] <= bare.word_start:
            yield bare


def marker_kind(text: str) -> MarkerKind | None:
    """Return which marker a whole text is, None where it is none."""
    found = _EXACT.fullmatch(sketch(text))
    return MarkerKind(found.lastgroup or "") if found else None


def _misplaced(source: str, starts: Iterable[int]) -> Iterator[Finding]:
    """Return the findings about markers in the front matter; of what they are nothing is said but where they stand."""
    for place in line_columns(source, sorted(starts)):
        yield front_matter_finding(FrontMatterProblem.PAID, place, "")


def suspects(text: str) -> Iterator[tuple[int, str]]:
    """Return the offset and the wording of all that is, or looks like, a marker of a paid span, escaped or not."""
    classes = sketch(text)
    exact = [Marker(MarkerKind(found.lastgroup or ""), *found.span()) for found in _EXACT.finditer(classes)]
    yield from ((mark.start, text[mark.start : mark.stop]) for mark in exact if mark.kind is not MarkerKind.PAGE_BREAK)
    yield from (
        (near.start, text[near.bare_start : near.bare_stop]) for near in near_markers(text, _masked(classes, exact))
    )


def repaired(source: str) -> str:
    """Return the source with its unclosed spans closed at its end; nothing else is mended."""
    unclosed = sum(each.code is FindingCode.UNCLOSED_SPAN for each in parse_manuscript(source).findings)
    if not unclosed:
        return source
    # A backslash at the end would make the end marker a literal.
    return source + "\n" * _is_escaped(source, len(source)) + "##paidend##" * unclosed


@dataclass(frozen=True, slots=True)
class MarkerStretch:
    """A stretch of a text with the backslashes before it: a marker of a kind, one that is `near` or a `bare` word."""

    start: int
    stop: int
    kind: MarkerKind | str


def marker_stretches(text: str) -> tuple[MarkerStretch, ...]:
    """Return all that is a marker, looks like one or seems to be meant as one, in order."""
    classes = sketch(text)
    exact = list(_exact_marks(text, classes))
    near = near_markers(text, _masked(classes, exact))
    found: list[tuple[int, int, MarkerKind | str]] = [(mark.start, mark.stop, mark.kind) for mark in exact]
    found += [(each.start, each.stop, "near") for each in near]
    found += [(each.start, each.stop, "bare") for each in _bare(text, classes, exact, near)]
    return tuple(MarkerStretch(_past_backslashes(text, start), stop, kind) for start, stop, kind in sorted(found))


def _past_backslashes(text: str, start: int) -> int:
    while start and text[start - 1] == "\\":
        start -= 1
    return start

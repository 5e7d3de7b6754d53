"""Formulas that a paid span cuts: the span takes the whole of each, which public text alone decides.

A half of a formula is no formula. What shows that one is cut is public: a delimiter before a gate without its other
one, the other one behind a gate, or both with a gate between them. A marker in a formula is moved to its end.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from webapp.manuscript.markdown.math_delimiters import (
    OPENINGS,
    Formula,
    formulas_between,
    looks_cut,
    may_close,
    may_open,
)
from webapp.manuscript.markdown.sentinels import gate_sentinel
from webapp.manuscript.marker_language.markers import Manuscript, Marker, PaidSpan, parse_manuscript
from webapp.manuscript.math.tex_to_mathml import math_tree

_GATE = gate_sentinel()
_MASK = "\ufffc"
_FENCE = re.compile(
    r"(?m)^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\s`]*)[^`\n]*$"
)
_BLANK_LINE = re.compile(r"\n[ \t>\r]*(?=\n)")
_DELIMITER = re.compile(r"\\.|\$\$?", re.DOTALL)
_SIGNS = re.compile(r"\$|\\[(\[)\]]|(?:```|~~~)[ \t]*math")


def _stretches(text: str) -> Iterator[tuple[int, int, tuple[Formula, ...]]]:
    """Yield the paragraphs of a Markdown text with their formulas, and its formulas between fences."""
    at = 0
    while at < len(text):
        fence = _FENCE.search(text, at)
        stop = fence.start() if fence else len(text)
        for start, end in _paragraphs(text, at, stop):
            yield start, end, tuple(formulas_between(text, start, end))
        if not fence:
            return
        closing = re.compile(rf"(?m)^[ \t>]*{fence['fence']}[{fence['fence'][0]}]*[ \t\r]*$").search(text, fence.end())
        at = closing.end() if closing else len(text)
        if fence["info"] == "math" and closing:
            yield fence.start("fence"), at, (Formula(fence.start("fence"), at, text[fence.end() : closing.start()]),)


def _paragraphs(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    for blank in _BLANK_LINE.finditer(text, start, stop):
        if start < blank.start():
            yield start, blank.start()
        start = blank.end()
    if start < stop:
        yield start, stop


def formulas_in(text: str) -> Iterator[Formula]:
    """Yield the formulas of a Markdown text in order."""
    for _, _, formulas in _stretches(text) if _SIGNS.search(text) else ():
        yield from (formula for formula in formulas if formula.tex.strip())


@dataclass(frozen=True, slots=True)
class _Region:
    """What a formula takes of a text, and the first and the last of the gates that it touches."""

    start: int
    stop: int
    first: int
    last: int


def _masked(manuscript: Manuscript, marks: Iterable[Marker]) -> str:
    """Return a source of the same length without its front matter and without what is no text in it."""
    source, seen = manuscript.source, manuscript.front.body
    pieces = [_MASK * seen]
    for mark in marks:
        pieces += [source[seen : mark.start], _MASK * (mark.stop - mark.start)]
        seen = mark.stop
    return "".join((*pieces, source[seen:]))


class _PublicText:
    """The public text with a sentinel for each gate; its places are found again in the source."""

    def __init__(self, manuscript: Manuscript) -> None:
        source = _masked(manuscript, manuscript.marks)
        pieces, self._starts, self._offsets, self.gates = [], [0], [0], list[tuple[int, int]]()
        length = seen = 0
        for span in manuscript.spans:
            pieces += [source[seen : span.begin.start], _GATE]
            length += span.begin.start - seen
            self.gates.append((length, length + len(_GATE)))
            length, seen = length + len(_GATE), span.end.stop
            self._starts.append(length)
            self._offsets.append(seen)
        self.text = "".join((*pieces, source[seen:]))

    def offset(self, place: int) -> int:
        """Return where in the source a place of the text that is no gate stands."""
        index = bisect_right(self._starts, place) - 1
        return self._offsets[index] + place - self._starts[index]


def _regions(public: _PublicText) -> Iterator[_Region]:
    for start, end, formulas in _stretches(public.text):
        gates = list(range(*_between(public.gates, start, end)))
        for formula in formulas:
            inside = [at for at in gates if formula.start < public.gates[at][0] < formula.stop]
            if inside and formula.tex:
                yield _Region(formula.start, formula.stop, inside[0], inside[-1])
            gates = [at for at in gates if at not in inside]
        yield from _halves(
            public, gates, [start, *(stop for each in formulas for stop in (each.start, each.stop)), end]
        )


def _between(gates: list[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    return bisect_right(gates, (start, -1)), bisect_right(gates, (end, -1))


def _halves(public: _PublicText, gates: list[int], borders: list[int]) -> Iterator[_Region]:
    """Yield what belongs to a formula of which one delimiter is public, on either side of each gate."""
    for at in gates:
        start, stop = public.gates[at]
        limits = sorted([*borders, *(place for gate in gates if gate != at for place in public.gates[gate])])
        low = max(place for place in limits if place <= start)
        high = min(place for place in limits if place >= stop)
        opener, closer = _opener(public.text, low, start), _closer(public.text, stop, high)
        if opener is not None or closer is not None:
            yield _Region(start if opener is None else opener, stop if closer is None else closer, at, at)


def _opener(text: str, low: int, gate: int) -> int | None:
    found = [each for each in _DELIMITER.finditer(text, low, gate) if each[0] in OPENINGS.values()]
    for each in reversed(found):
        is_dollar = each[0] == "$"
        if is_dollar and not may_open(text, each.start(), len(text)):
            continue
        return each.start() if looks_cut(text[each.end() : gate], each[0]) else None
    return None


def _closer(text: str, gate: int, high: int) -> int | None:
    for each in _DELIMITER.finditer(text, gate, high):
        if opening := OPENINGS.get(each[0]):
            is_one = opening != "$" or may_close(text, each.start(), len(text))
            return each.end() if is_one and looks_cut(text[gate : each.start()], opening) else None
    return None


def _apart(regions: Iterable[_Region]) -> Iterator[_Region]:
    """Yield the regions in order, those left out that begin inside another."""
    seen = 0
    for region in sorted(regions, key=lambda each: each.start):
        if region.start >= seen:
            yield region
            seen = region.stop


def whole_formulas(manuscript: Manuscript) -> tuple[Manuscript, tuple[PaidSpan, ...]]:
    """Return a Markdown manuscript whose spans cut no formula, and those of its spans that did."""
    if not manuscript.spans or not _SIGNS.search(manuscript.source):
        return manuscript, ()
    public = _PublicText(manuscript)
    regions = tuple(_apart(_regions(public)))
    cut = tuple(span for each in regions for span in manuscript.spans[each.first : each.last + 1])
    if not cut:
        return manuscript, ()
    moved = parse_manuscript(_moved(manuscript, public, regions))
    kept = _kept_spans(manuscript, regions)
    if len(moved.spans) != len(kept):  # a marker would not be one where it came to stand
        return manuscript, cut
    spans = tuple(replace(span, begin=now.begin, end=now.end) for span, now in zip(kept, moved.spans, strict=True))
    return replace(moved, spans=spans, findings=manuscript.findings, written=manuscript.as_written), cut


def _kept_spans(manuscript: Manuscript, regions: tuple[_Region, ...]) -> list[PaidSpan]:
    """Return the spans where they were written, those that one formula takes as one."""
    spans = list(manuscript.spans)
    for region in reversed(regions):
        last = spans[region.last]
        spans[region.first : region.last + 1] = [
            replace(spans[region.first], end_line=last.end_line, end_column=last.end_column)
        ]
    return spans


def _moved(manuscript: Manuscript, public: _PublicText, regions: Iterable[_Region]) -> str:
    edits: list[tuple[int, int, str]] = []
    for region in regions:
        spans = manuscript.spans[region.first : region.last + 1]
        begin, end = spans[0].begin, spans[-1].end
        before = region.start < public.gates[region.first][0]
        behind = region.stop > public.gates[region.last][1]
        start = public.offset(region.start) if before else begin.start
        stop = public.offset(region.stop - 1) + 1 if behind else end.stop
        edits += [(mark.start, mark.stop, "") for span in spans for mark in (span.begin, span.end)]
        edits += [(at, at, manuscript.source[mark.start : mark.stop]) for at, mark in ((start, begin), (stop, end))]
    pieces, seen = [], 0
    for first, past, text in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [manuscript.source[seen:first], text]
        seen = past
    return "".join((*pieces, manuscript.source[seen:]))


def unread_formulas(manuscript: Manuscript) -> Iterator[tuple[int, str]]:
    """Yield where a formula of a Markdown manuscript is shown as its source, and its first line if that is public."""
    marks = [*manuscript.marks, *(mark for span in manuscript.spans for mark in (span.begin, span.end))]
    begins = [span.begin.start for span in manuscript.spans]
    for formula in formulas_in(_masked(manuscript, sorted(marks, key=lambda mark: mark.start))):
        written = manuscript.source[formula.start : formula.stop]
        if math_tree(formula.tex, display=not written.startswith((r"\(", "$")) or written.startswith("$$")) is None:
            index = bisect_right(begins, formula.start) - 1
            is_paid = index >= 0 and formula.start < manuscript.spans[index].end.start
            yield formula.start, written[:1] if is_paid else written.partition("\n")[0]

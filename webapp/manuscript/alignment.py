"""Which parts of two sequences are the same, in time that is bounded whatever they hold.

Long ones are first held together by what stands once in both; what is left between is small, and aligned by the fewest
changes. Where even that would take too long, a stretch counts as replaced.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

_SMALL = 4_000_000  # cells of a table of both: some milliseconds
_ALL = 1_000_000_000  # of all tables of one comparison: less than a second


class Match(NamedTuple):
    """A stretch of both that is the same: where it starts in each, and how long it is."""

    before: int
    after: int
    length: int


class Aligner:
    """Aligns sequences of numbers, within an allowance of work that all of its calls share."""

    def __init__(self, cells: int = _ALL) -> None:
        self._cells = cells

    def matches(self, before: Sequence[int], after: Sequence[int], runs: tuple[int, ...]) -> Iterator[Match]:
        """Yield what is the same, in order; `runs` are the lengths of runs that hold long sequences together."""
        shortest = min(len(before), len(after))
        head = next((at for at in range(shortest) if before[at] != after[at]), shortest)
        if head:
            yield Match(0, 0, head)
        room = shortest - head
        tail = next((at for at in range(room) if before[-1 - at] != after[-1 - at]), room)
        inner = self._inner(before[head : len(before) - tail], after[head : len(after) - tail], runs)
        yield from _moved(inner, head, head)
        if tail:
            yield Match(len(before) - tail, len(after) - tail, tail)

    def _inner(self, before: Sequence[int], after: Sequence[int], runs: tuple[int, ...]) -> Iterator[Match]:
        cells = len(before) * len(after)
        if cells <= _SMALL or not runs:
            yield from self._by_fewest_changes(before, after, cells)
            return
        seen = Match(0, 0, 0)
        for start, other in [*_held_together(before, after, runs[0]), (len(before), len(after))]:
            if seen.before < start and seen.after < other:
                gaps = before[seen.before : start], after[seen.after : other]
                yield from _moved(self.matches(*gaps, runs[1:]), seen.before, seen.after)
            if start < len(before):
                yield Match(start, other, 1)
            seen = Match(start + 1, other + 1, 0)

    def _by_fewest_changes(self, before: Sequence[int], after: Sequence[int], cells: int) -> Iterator[Match]:
        if not cells or cells > self._cells:
            return
        self._cells -= cells
        for block in Levenshtein.opcodes(before, after):
            if block.tag == "equal":
                yield Match(block.src_start, block.dest_start, block.src_end - block.src_start)


def _moved(matches: Iterator[Match], before: int, after: int) -> Iterator[Match]:
    return (Match(match.before + before, match.after + after, match.length) for match in matches)


def _held_together(before: Sequence[int], after: Sequence[int], length: int) -> list[tuple[int, int]]:
    """Return where runs that stand once in both start, as many as are in the same order in both."""
    places = _once(after, length)
    pairs = [(start, places[run]) for run, start in _once(before, length).items() if run in places]
    return _longest_rising(pairs)


def _once(sequence: Sequence[int], length: int) -> dict[tuple[int, ...], int]:
    """Return the runs of a length that stand once in a sequence, each with where it starts, in order."""
    runs = [tuple(sequence[start : start + length]) for start in range(len(sequence) - length + 1)]
    times = Counter(runs)
    return {run: start for start, run in enumerate(runs) if times[run] == 1}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the most of these pairs, which rise in their first number, that rise in their second one, too."""
    tops: list[int] = []  # the lowest second number with which so many pairs can end
    ends: list[int] = []  # and the place of that pair
    earlier: list[int] = []
    for place, (_start, other) in enumerate(pairs):
        rank = bisect_left(tops, other)
        earlier.append(ends[rank - 1] if rank else -1)
        tops[rank : rank + 1], ends[rank : rank + 1] = [other], [place]
    found = []
    place = ends[-1] if ends else -1
    while place >= 0:
        found.append(pairs[place])
        place = earlier[place]
    return found[::-1]

"""Two sources beside each other: which words are the same, what was taken out and put in, and what is paid in each."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, chain, groupby
from operator import itemgetter

from webapp.manuscript.alignment import Aligner, Match
from webapp.manuscript.marker_language.markers import MarkerKind, marker_stretches, parse_manuscript

# What is a word by itself: ideographs and kana; letters of scripts without spaces, with their marks; else letters
# and digits together. Each line break is one, and so is each other sign.
_MARKS = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_IDEOGRAPHS = (
    "\u3005-\u3007\u3040-\u3096\u309d-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
_MARKS_OF_UNSPACED = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84\u0f90-\u0fbc"
    "\u102b-\u103e\u17b4-\u17d3"
)
_WORD = re.compile(
    rf"[{_IDEOGRAPHS}][{_MARKS}]*|[{_UNSPACED}][{_MARKS_OF_UNSPACED}]*"
    rf"|(?:(?![{_IDEOGRAPHS}{_UNSPACED}])[\w{_MARKS}])+(?:['’](?![{_IDEOGRAPHS}{_UNSPACED}])\w+)*"
    rf"|\n|[^\S\n]+|.[{_MARKS}]*",
    re.DOTALL,
)
_LINE_BREAKS = re.compile(r"\r\n?")
_MARKERS = {MarkerKind.BEGIN, MarkerKind.END, MarkerKind.PAGE_BREAK}
_SOLID = 8  # letters of a line that may hold two versions together; an empty one, or "---", stands anywhere
_LINE_RUNS, _WORD_RUNS = (1,), (8, 3)


class TextChange(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A stretch of both texts or of one; whether it is paid in the one and in the other; which marker it is."""

    text: str
    change: TextChange
    was_paid: bool
    is_paid: bool
    marker: MarkerKind | None = None

    @property
    def is_moved(self) -> bool:
        """Whether the same words are paid in one text and public in the other."""
        return self.change is TextChange.SAME and self.was_paid != self.is_paid

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to look at."""
        return self.change is not TextChange.SAME or self.is_moved


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pieces of two texts, in order, and how many characters were taken out, put in, opened and locked."""

    pieces: tuple[TextPiece, ...]
    removed: int
    added: int
    opened: int  # the same words, which were paid and are public
    locked: int

    @property
    def is_same(self) -> bool:
        """Whether both texts say the same, to payers and to everybody."""
        return not any(piece.is_changed for piece in self.pieces)


_Marker = tuple[str, MarkerKind]


@dataclass(frozen=True, slots=True)
class _Words:
    """A text cut into words without its markers: whether each is paid, which markers stand before it, and its lines.

    That a marker was put in or taken out leaves the words the same, so that they are seen to be opened or locked.
    """

    texts: tuple[str, ...]
    paid: tuple[bool, ...]
    markers: Mapping[int, tuple[_Marker, ...]]
    lines: tuple[int, ...]  # the first word of each, and how many words there are in all
    lengths: tuple[int, ...]  # how many characters the words before each have, and all of them

    def size(self, start: int, stop: int) -> int:
        """Return how many characters some of the words have."""
        return self.lengths[stop] - self.lengths[start]

    def line(self, number: int) -> str:
        """Return a line, its break included."""
        return "".join(self.texts[self.lines[number] : self.lines[number + 1]])


def compare_sources(before: str, after: str) -> Comparison:
    """Compare two sources word by word; how lines are ended makes no difference."""
    one, other = _words_of(before), _words_of(after)
    pieces = tuple(_joined(_words_beside(one, other, _without_crumbs(one, other, _same_words(one, other)))))
    moved = [piece for piece in pieces if piece.is_moved]
    return Comparison(
        pieces,
        removed=_characters(piece for piece in pieces if piece.change is TextChange.REMOVED),
        added=_characters(piece for piece in pieces if piece.change is TextChange.ADDED),
        opened=_characters(piece for piece in moved if piece.was_paid),
        locked=_characters(piece for piece in moved if piece.is_paid),
    )


def _characters(pieces: Iterable[TextPiece]) -> int:
    return sum(len("".join(piece.text.split())) for piece in pieces if piece.marker is None)


def _words_of(source: str) -> _Words:
    source = _LINE_BREAKS.sub("\n", source)
    texts: list[str] = []
    starts: list[int] = []
    markers: dict[int, tuple[_Marker, ...]] = {}
    seen = 0
    marks = [(mark.start, mark.stop, mark.kind) for mark in marker_stretches(source)]
    for start, stop, kind in [*marks, (len(source), len(source), None)]:
        if kind is None or (isinstance(kind, MarkerKind) and kind in _MARKERS):
            words = _WORD.findall(source, seen, start)
            starts += accumulate(map(len, words[:-1]), initial=seen) if words else ()
            texts += words
            seen = stop
        if kind is not None and seen == stop:
            markers[len(texts)] = (*markers.get(len(texts), ()), (source[start:stop], MarkerKind(kind)))
    lengths = tuple(accumulate(map(len, texts), initial=0))
    lines = [0, *(at + 1 for at, text in enumerate(texts) if text == "\n")]
    lines += [len(texts)] * (lines[-1] < len(texts))
    return _Words(tuple(texts), tuple(_are_paid(source, starts)), markers, tuple(lines), lengths)


def _are_paid(source: str, starts: Iterable[int]) -> Iterator[bool]:
    """Yield whether each place stands between two markers; they ascend."""
    spans = iter(parse_manuscript(source).spans)
    span = next(spans, None)
    for start in starts:
        while span is not None and start >= span.end.start:
            span = next(spans, None)
        yield span is not None and start >= span.begin.stop


def _same_words(one: _Words, other: _Words) -> Iterator[Match]:
    """Yield which words are the same, first of all those of lines that are the same and not blank."""
    aligner, numbers = Aligner(), _Numbers()
    before, after = ([numbers[words.line(at)] for at in range(len(words.lines) - 1)] for words in (one, other))
    ours, theirs = ([numbers[text] for text in words.texts] for words in (one, other))
    seen = Match(0, 0, 0)
    for match in chain(aligner.matches(before, after, _LINE_RUNS), [Match(len(before), len(after), 0)]):
        lines = [at for at in range(match.length) if len(one.line(match.before + at).strip()) >= _SOLID]
        for at in lines if match.length else [0]:
            start, there = one.lines[match.before + at], other.lines[match.after + at]
            gaps = ours[seen.before : start], theirs[seen.after : there]
            for found in aligner.matches(*gaps, _WORD_RUNS):
                yield Match(found.before + seen.before, found.after + seen.after, found.length)
            length = one.lines[match.before + at + 1] - start if match.length else 0
            yield Match(start, there, length)
            seen = Match(start + length, there + length, 0)


class _Numbers(dict[str, int]):
    """Numbers for texts: the same for the same."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


def _without_crumbs(one: _Words, other: _Words, matches: Iterable[Match]) -> Iterator[Match]:
    """Yield matches but for those within a line that are smaller than the changes on both sides: they only confuse."""
    whole = [match for match in _adjoined(matches) if match.length]
    ends = [(match.before, match.after) for match in [*whole[1:], Match(len(one.texts), len(other.texts), 0)]]
    seen = Match(0, 0, 0)
    for match, (before, after) in zip(whole, ends[: len(whole)], strict=True):
        stop, there = match.before + match.length, match.after + match.length
        ahead = max(one.size(seen.before, match.before), other.size(seen.after, match.after))
        behind = max(one.size(stop, before), other.size(there, after))
        if one.size(match.before, stop) > min(ahead, behind) or "\n" in one.texts[match.before : stop]:
            yield match
            seen = Match(stop, there, 0)


def _adjoined(matches: Iterable[Match]) -> Iterator[Match]:
    """Yield matches, those as one that follow on each other in both texts."""
    seen = Match(0, 0, 0)
    for match in matches:
        if (match.before, match.after) == (seen.before + seen.length, seen.after + seen.length):
            seen = Match(seen.before, seen.after, seen.length + match.length)
        else:
            yield seen
            seen = match
    yield seen


# A word or a marker before it is a piece: its text, what became of it, whether it was and is paid, which marker it is.
_Told = tuple[str, TextChange, bool, bool, MarkerKind | None]


def _words_beside(one: _Words, other: _Words, matches: Iterable[Match]) -> Iterator[_Told]:
    """Yield each word of both texts: what is the same once, else what was taken out before what was put in."""
    before = after = 0
    ours, theirs = dict(one.markers), dict(other.markers)  # those that are still to be told of
    for match in chain(matches, [Match(len(one.texts), len(other.texts), 0)]):
        if ours.get(before, ()) == theirs.get(after, ()):
            theirs.pop(after, ())
            yield from _markers(ours.pop(before, ()), TextChange.SAME)
        for at in range(before, match.before):
            yield from _markers(ours.pop(at, ()), TextChange.REMOVED)
            yield one.texts[at], TextChange.REMOVED, one.paid[at], one.paid[at], None
        for at in range(after, match.after):
            yield from _markers(theirs.pop(at, ()), TextChange.ADDED)
            yield other.texts[at], TextChange.ADDED, other.paid[at], other.paid[at], None
        before, after = match.before, match.after
        for _word in range(match.length):
            if before in ours or after in theirs:
                yield from _markers_beside(ours.pop(before, ()), theirs.pop(after, ()))
            yield one.texts[before], TextChange.SAME, one.paid[before], other.paid[after], None
            before, after = before + 1, after + 1
    yield from _markers_beside(ours.pop(before, ()), theirs.pop(after, ()))


def _markers_beside(before: tuple[_Marker, ...], after: tuple[_Marker, ...]) -> Iterator[_Told]:
    if before == after:
        yield from _markers(before, TextChange.SAME)
    else:
        yield from _markers(before, TextChange.REMOVED)
        yield from _markers(after, TextChange.ADDED)


def _markers(markers: Iterable[_Marker], change: TextChange) -> Iterator[_Told]:
    return ((text, change, False, False, kind) for text, kind in markers)


def _joined(words: Iterable[_Told]) -> Iterator[TextPiece]:
    """Yield pieces of words that are alike; a marker is a piece by itself."""
    for alike, group in groupby(words, itemgetter(1, 2, 3, 4)):
        texts = [told[0] for told in group]
        yield from (TextPiece(text, *alike) for text in (texts if alike[-1] else ["".join(texts)]))

"""Finds a passage again in a text that may have changed since it was marked.

A passage is kept as W3C's Web Annotation Data Model has it: its own words, what stood on either side
(TextQuoteSelector), and where it began (TextPositionSelector), which is only a hint.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

CONTEXT = 32  # characters kept on either side
# So much of a passage and its surroundings must have stayed for it to be the same one, and not some words like it.
_TELLING = 12
# So many characters are looked through at most on either side of where passages were: of few passages each may have
# moved anywhere, of thousands none far from the one before it.
_EFFORT = 10_000_000
# How texts are compared, the strictest way first: as they are, without white space, by letters and digits alone.
_WAYS = (re.compile(".+", re.DOTALL), re.compile(r"\S+"), re.compile(r"[^\W_]+"))


@dataclass(frozen=True, slots=True)
class TextQuote:
    """A passage, as far as it is known; `position` counts characters from the beginning of the text."""

    exact: str
    prefix: str = ""
    suffix: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class TextRange:
    """Where a passage stands in a text: the first character, and the one after the last."""

    start: int
    end: int


class Searchable:
    """A text in which passages are looked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._readings: list[_Reading] = []

    def find(self, quote: TextQuote, reach: int = _EFFORT) -> TextRange | None:
        """Return where a passage stands, None where it is gone; only white space and punctuation may have changed.

        It may have moved as far as `reach`, in characters.
        """
        return next((span for reading in self._each_reading() if (span := reading.find(quote, reach))), None)

    def find_all(self, quotes: Sequence[TextQuote]) -> list[TextRange | None]:
        """Return where passages stand, given in the order of their positions.

        Each is expected to have moved as far as the one before it.
        """
        found, drift = [], 0
        for quote in quotes:
            span = self.find(replace(quote, position=quote.position + drift), _EFFORT // len(quotes))
            drift = span.start - quote.position if span else drift
            found.append(span)
        return found

    def quoted(self, span: TextRange) -> TextQuote:
        """Return what is to be kept of a passage."""
        before, after = max(0, span.start - CONTEXT), span.end + CONTEXT
        text = self.text
        return TextQuote(text[span.start : span.end], text[before : span.start], text[span.end : after], span.start)

    def _each_reading(self) -> Iterator["_Reading"]:
        for number, way in enumerate(_WAYS):
            if number == len(self._readings):
                self._readings.append(_Reading(self.text, way))
            yield self._readings[number]


class _Reading:
    """Those characters of a text that count in one way of comparing, and where each of them stands in the text."""

    def __init__(self, text: str, way: re.Pattern[str]) -> None:
        self._way = way
        runs = [(run.start(), run.group()) for run in way.finditer(text)]
        self._stands = [start for start, _ in runs]
        self._begins = [0, *accumulate(len(run) for _, run in runs)]
        self._letters = "".join(run for _, run in runs)

    def find(self, quote: TextQuote, reach: int) -> TextRange | None:
        """Return where the passage stands whose surroundings have stayed most, the nearest of equals."""
        exact, prefix, suffix = map(self._of, (quote.exact, quote.prefix, quote.suffix))
        wanted = TextQuote(exact, prefix, suffix, self._index(quote.position))
        at = self._best(wanted, reach) if exact else None
        return None if at is None else TextRange(self._place(at), self._place(at + len(exact) - 1) + 1)

    def _of(self, text: str) -> str:
        return "".join(self._way.findall(text))

    def _best(self, wanted: TextQuote, reach: int) -> int | None:
        guess, surroundings = wanted.position, len(wanted.prefix) + len(wanted.suffix)
        if self._letters.startswith(wanted.exact, guess) and self._stayed(wanted, guess) == surroundings:
            return guess
        places = {at: self._stayed(wanted, at) for at in self._places(wanted.exact, guess, reach)}
        best = max(places, key=lambda at: (places[at], -abs(at - guess)), default=None)
        enough = min(_TELLING, len(wanted.exact) + surroundings)
        return best if best is not None and len(wanted.exact) + places[best] >= enough else None

    def _stayed(self, wanted: TextQuote, at: int) -> int:
        """Return how much of a passage's surroundings stands around this place."""
        end = at + len(wanted.exact)
        before = self._letters[max(0, at - len(wanted.prefix)) : at]
        after = self._letters[end : end + len(wanted.suffix)]
        return _in_common(before[::-1], wanted.prefix[::-1]) + _in_common(after, wanted.suffix)

    def _places(self, exact: str, guess: int, reach: int) -> Iterator[int]:
        end = guess + len(exact) + reach
        at = self._letters.find(exact, max(0, guess - reach), end)
        while at >= 0:
            yield at
            at = self._letters.find(exact, at + len(exact), end)

    def _place(self, index: int) -> int:
        run = bisect_right(self._begins, index) - 1
        return self._stands[run] + index - self._begins[run]

    def _index(self, place: int) -> int:
        run = bisect_right(self._stands, place) - 1
        if run < 0:
            return 0
        return min(self._begins[run] + place - self._stands[run], self._begins[run + 1])


def _in_common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def next_visible(text: str, place: int) -> int:
    """Return the first place from here on at which something can be seen, or the last such place."""
    visible = re.compile(r"\S").search(text, place)
    return visible.start() if visible else max(0, len(text.rstrip()) - 1)

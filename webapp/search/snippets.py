"""Where the words of a query stand in a text: one or two passages, in pieces that are marked or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from webapp.manuscript.blocks import ELLIPSIS
from webapp.search.tokenizer import Query, is_han

BEFORE, LENGTH = 24, 110  # characters of a passage before the first hit, and in all
MOST_PASSAGES = 2
_LETTER = re.compile(r"[A-Za-z0-9]")
# "pots" in "depots" from its third letter on; "de" in "the de"
_REST_OF_WORD, _HEAD_OF_WORD = re.compile(r"(?<=[A-Za-z0-9])[A-Za-z0-9]+"), re.compile(r"[A-Za-z0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a snippet; `marked` when it is what was asked for."""

    text: str
    marked: bool = False


def mark_words(text: str, query: Query) -> tuple[Piece, ...]:
    """Return a whole text, such as a title, in pieces."""
    sought = _pattern(query)
    return tuple(_pieces(text, sought)) if sought else (Piece(text),)


def snippet(text: str, query: Query, ellipsis: str = "…") -> tuple[Piece, ...]:
    """Return the passages in which the words stand first, and where something is left out; else the beginning."""
    whole = " ".join(text.replace(ELLIPSIS, ellipsis).split())
    sought = _pattern(query)
    found: list[Piece] = []
    end = 0
    for start, stop in islice(_passages(whole, sought), MOST_PASSAGES) if sought else ():
        found += [Piece(ellipsis)] if start > end else []
        found += _pieces(whole[start:stop], sought)
        end = stop
    if not found:
        end = _last(whole, 0, LENGTH)
        return (Piece(whole[:end] + (ellipsis if end < len(whole) else "")),)
    return (*found, Piece(ellipsis)) if end < len(whole) else tuple(found)


def _passages(text: str, sought: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    end = 0
    for match in sought.finditer(text):
        if match.start() >= end:
            start = _first(text, max(end, match.start() - BEFORE))
            end = _last(text, match.end(), start + LENGTH)
            yield start, end


def _first(text: str, start: int) -> int:
    """Return where a passage begins that does not begin within a word or number of Latin letters."""
    torn = _REST_OF_WORD.match(text, start)
    return torn.end() if torn else start


def _last(text: str, least: int, end: int) -> int:
    """Return where a passage ends, after `least`, that does not end within such a word."""
    end = min(len(text), max(least, end))
    torn = _HEAD_OF_WORD.search(text, least, end) if _LETTER.match(text, end) else None
    return torn.start() if torn and torn.start() > least else end


def _pieces(text: str, sought: re.Pattern[str] | None) -> Iterator[Piece]:
    end = 0
    for match in sought.finditer(text) if sought else ():
        if match.start() > end:
            yield Piece(text[end : match.start()])
        yield Piece(match[0], marked=True)
        end = match.end()
    if end < len(text):
        yield Piece(text[end:])


def _pattern(query: Query) -> re.Pattern[str] | None:
    """Return what finds the phrases in a text as it is written: any case, any signs between two runs."""
    shown = sorted({phrase.shown for phrase in query.phrases}, key=lambda runs: -sum(map(len, runs)))
    return re.compile("|".join(map(_written, shown)), re.IGNORECASE) if shown else None


def _written(runs: tuple[str, ...]) -> str:
    # "GB/T 9704" in "按照GB/T 9704排版", for the runs "gb", "t" and "9704"; nothing in "concatenates" for "cat"
    joined = r"[\W_]*".join(map(re.escape, runs))
    # A word of another script is a whole word; within Chinese text there is no such thing.
    begins = "" if is_han(runs[0]) else r"(?<![A-Za-z0-9])"
    ends = "" if is_han(runs[-1]) else r"(?![A-Za-z0-9])"
    return f"{begins}{joined}{ends}"

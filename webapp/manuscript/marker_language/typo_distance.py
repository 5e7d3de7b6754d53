"""How many letters a piece of text is away from a word of the marker language."""

from collections.abc import Iterator
from functools import cache, lru_cache

MARKER_WORDS = ("paidbegin", "paidend")
ALTERNATIVES = ("paidstart", "paidopen", "paidstop", "paidclose")
_MOST = 2
MOST_IN_A_LONGER_WORD = 1  # so that ##dividend## and ##appended## stay the words they are
SHORTEST = min(map(len, MARKER_WORDS)) - _MOST
LONGEST_TYPO = max(map(len, MARKER_WORDS)) + _MOST


@cache
def _advance(word: str, row: tuple[int, ...], letter: str) -> tuple[int, ...]:
    # One row of Levenshtein's table. Distances beyond MOST count as one more than MOST, so that few rows exist and
    # a text full of near misses costs one look-up per letter. No row at all: whatever follows, it is too far.
    following = [row[0] + 1]
    for index, expected in enumerate(word):
        following.append(min(following[-1] + 1, row[index + 1] + 1, row[index] + (letter != expected)))
    return tuple(min(each, _MOST + 1) for each in following) if min(following) <= _MOST else ()


def _distances(word: str, piece: str) -> Iterator[int]:
    row = tuple(min(each, _MOST + 1) for each in range(len(word) + 1))
    for letter in piece:
        row = _advance(word, row, letter if letter in word else "")
        if not row:
            return
        yield row[-1]


@lru_cache(maxsize=4096)
def opening_slip(piece: str, words: tuple[str, ...], alternatives: tuple[str, ...]) -> int:
    """Return how many letters of the piece's beginning come nearest to one of the words, 0 for none near enough."""
    near = [
        (distance, length)
        for word in words
        for length, distance in enumerate(_distances(word, piece), start=1)
        if distance <= (MOST_IN_A_LONGER_WORD if piece[length : length + 1].isalnum() else _MOST)
    ]
    near += [(0, len(each)) for each in alternatives if piece.startswith(each)]
    return min(near)[1] if near else 0


@lru_cache(maxsize=4096)
def is_slip(piece: str) -> bool:
    """Return whether the whole piece is near enough to a word, or is one that is used in its stead."""
    return piece in ALTERNATIVES or any(
        distances and len(distances) == len(piece) and distances[-1] <= _MOST
        for distances in (tuple(_distances(word, piece)) for word in MARKER_WORDS)
    )

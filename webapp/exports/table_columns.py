"""How wide the columns of a table are, how small its letters, and what its cells hold."""

import re
from dataclasses import dataclass
from unicodedata import east_asian_width

from webapp.manuscript import is_signed_figure
from webapp.manuscript.blocks import Run, Table, Text
from webapp.manuscript.inline_runs import run_text

LONGEST_WORD = 24  # letters; what is longer is an address or a number, and ends a line wherever the line ends
# In Latin letters, two to a Chinese character: the edges, the longest word to be kept whole, and what a column may ask.
_EDGE, _UNBROKEN, _WIDEST = 3, 16, 40
_FEWEST = 8  # letters that a line of a column holds, where a cell has so many
# Letters of a line in each size of type, in Chinese and in English documents.
_ROOMS = {True: (63, 84, 117), False: (88, 104, 126)}
_BROADEST_FONT = 1.2  # what stands in for Times where a reader has none
_WORD = re.compile("[!-~]+")
_BROAD = re.compile("[A-Z%@&mw]")
_LONG_WORD = re.compile(f"[!-~]{{{LONGEST_WORD + 1}}}")
_PARTS = 1000
_LEFT_TO_RIGHT_MARK = "\u200e"


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns as wide as `shares` in relation to each other; `smaller` counts sizes of type.

    `letters` are how many of a word a line of each holds, where it holds a longer one.
    """

    shares: tuple[int, ...]
    letters: tuple[int | None, ...]
    smaller: int


def columns_of(table: Table, *, chinese: bool) -> Columns:
    """Return columns in which no word is broken if that can be.

    Beyond its longest word each column has its part of what is left, by what stands in it.
    """
    rooms = _ROOMS[chinese]
    columns = list(zip(table.header, *table.rows, strict=True))
    words = [max(map(_longest_word, column)) for column in columns]
    lengths = [min(max(map(_width, map(run_text, column))), _WIDEST) + _EDGE for column in columns]
    whole = [round(_BROADEST_FONT * min(word, _UNBROKEN)) + _EDGE for word in words]
    least = [max(part, min(length, _FEWEST + _EDGE)) for part, length in zip(whole, lengths, strict=True)]
    wanted = list(map(max, least, lengths))
    smaller = next((size for size, room in enumerate(rooms) if sum(least) <= room), len(rooms) - 1)
    widths = _widths(least, wanted, rooms[smaller])
    shares = tuple(max(1, round(_PARTS * width / sum(widths))) for width in widths)
    held = (max(1, round(rooms[smaller] * width / sum(widths)) - _EDGE) for width in widths)
    letters = tuple(most if word > most else None for most, word in zip(held, words, strict=True))
    return Columns(shares, letters, smaller)


def _widths(least: list[int], wanted: list[int], room: int) -> list[float]:
    spare, more = max(0, room - sum(least)), sum(wanted) - sum(least)
    part = min(1, spare / more) if more else 0
    return [word + (whole - word) * part for word, whole in zip(least, wanted, strict=True)]


def cell_run(cell: Run, direction: str) -> Run:
    """Return a cell; in a table from right to left a figure keeps its sign before it by a mark that nobody sees."""
    is_signed = direction == "rtl" and is_signed_figure(run_text(cell))
    return (Text(_LEFT_TO_RIGHT_MARK), *cell) if is_signed else cell


def has_long_word(run: Run) -> bool:
    """Whether a word may be longer than the line that it stands in."""
    return bool(_LONG_WORD.search(run_text(run)))


def _longest_word(cell: Run) -> int:
    words = map(_width, _WORD.findall(run_text(cell)))
    return min(LONGEST_WORD, max(words, default=2))


def _width(text: str) -> int:
    return round(sum(2 if east_asian_width(sign) in "WF" else 1.4 if _BROAD.match(sign) else 1 for sign in text))

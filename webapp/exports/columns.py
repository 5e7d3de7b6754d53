"""How wide the columns of a table are, and how small its letters."""

import re
from dataclasses import dataclass
from unicodedata import east_asian_width

from webapp.manuscript.blocks import Run, Table
from webapp.manuscript.runs import run_text

LONGEST_WORD = 24  # letters; what is longer is an address or a number, and ends a line wherever the line ends
_EDGE, _WIDEST = 3, 40  # in Latin letters, two to a Chinese character
_WORD = re.compile("[!-~]+")
_BROAD = re.compile("[A-Z%@&mw]")
_LONG_WORD = re.compile(f"[!-~]{{{LONGEST_WORD + 1}}}")
_PARTS = 1000


@dataclass(frozen=True, slots=True)
class Columns:
    """`shares` are widths in thousandths, `letters` what stands in a line of each; `smaller` counts sizes of type."""

    shares: tuple[int, ...]
    letters: tuple[int, ...]
    smaller: int


def columns_of(table: Table, rooms: tuple[int, ...]) -> Columns:
    """Answers columns in which no word is broken if that can be; `rooms` are the letters of a line, size by size.

    Beyond its longest word each column has its part of what is left, by what stands in it.
    """
    columns = list(zip(table.header, *table.rows, strict=True))
    least = [max(map(_longest_word, column)) + _EDGE for column in columns]
    wanted = [max(map(_length, column)) + _EDGE for column in columns]
    smaller = next((size for size, room in enumerate(rooms) if sum(least) <= room), len(rooms) - 1)
    room = rooms[smaller]
    more = sum(wanted) - sum(least)
    spare = min(1, max(0, room - sum(least)) / more) if more else 0
    widths = [word + (all_ - word) * spare for word, all_ in zip(least, wanted, strict=True)]
    parts = [width / sum(widths) for width in widths]
    return Columns(
        tuple(round(_PARTS * part) for part in parts), tuple(_letters(part * room) for part in parts), smaller
    )


def has_long_word(run: Run) -> bool:
    """Whether a word may be longer than the line that it stands in."""
    return bool(_LONG_WORD.search(run_text(run)))


def _letters(width: float) -> int:
    return max(1, min(LONGEST_WORD, round(width) - _EDGE))


def _longest_word(cell: Run) -> int:
    words = map(_width, _WORD.findall(run_text(cell)))
    return min(LONGEST_WORD, max(words, default=2))


def _length(cell: Run) -> int:
    return max(_longest_word(cell), min(_width(run_text(cell)), _WIDEST))


def _width(text: str) -> int:
    return round(sum(2 if east_asian_width(sign) in "WF" else 1.4 if _BROAD.match(sign) else 1 for sign in text))

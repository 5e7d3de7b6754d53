"""How wide the columns of a table are."""

from unicodedata import east_asian_width

from webapp.manuscript.blocks import Run, Table
from webapp.manuscript.runs import run_text

_EDGE, _WIDEST = 3, 40  # in Latin letters, two to a Chinese character


def shares(table: Table) -> tuple[int, ...]:
    """Answers the columns' widths in relation to each other: what stands in each, within reason, and no word broken."""
    columns = zip(table.header, *table.rows, strict=True)
    return tuple(max(map(_share, column)) + _EDGE for column in columns)


def _share(cell: Run) -> int:
    text = run_text(cell)
    word = max((len(word) for word in text.split() if word.isascii()), default=0)
    return max(word, min(sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text), _WIDEST))

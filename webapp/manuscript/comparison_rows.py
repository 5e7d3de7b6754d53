"""A comparison as it is shown: row by row, what is the same left out but for some lines around each change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from webapp.manuscript.comparison import Comparison, TextChange, TextPiece

_AROUND = 2  # rows shown before and after a change
_LONGEST_ROW = 4_000  # characters; a longer one ends with the next line of either text
_LONGEST_PIECE = 400  # characters of a piece that is the same in a row that is not
_SHOWN_OF_LONG = 150  # of such a one, at either end
_PAGE = 120_000  # characters, and as many as its markup takes
_MARKUP = 60


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Characters within a row that are the same and not shown, as many at once as are paid alike."""

    characters: int
    was_paid: bool
    is_paid: bool


Part = TextPiece | LeftOut


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """Some lines of both texts that belong together, and the numbers of the first in each (1-based)."""

    parts: tuple[Part, ...]
    before: int
    after: int

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to look at."""
        return any(isinstance(part, TextPiece) and part.is_changed for part in self.parts)

    @property
    def removed_from(self) -> tuple[Part, ...]:
        """The row as the one text has it."""
        return tuple(part for part in self.parts if isinstance(part, LeftOut) or part.change is not TextChange.ADDED)

    @property
    def added_to(self) -> tuple[Part, ...]:
        """The row as the other text has it."""
        return tuple(part for part in self.parts if isinstance(part, LeftOut) or part.change is not TextChange.REMOVED)


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that are the same and not shown."""

    lines: int


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Some rows of a comparison, which page of how many they are, and what it comes to in all."""

    rows: tuple[ComparedRow | Fold, ...]
    number: int
    pages: int
    comparison: Comparison


def comparison_page(comparison: Comparison, number: int = 1, *, whole: bool = False) -> ComparisonPage:
    """Return a page of a comparison, the nearest there is; with `whole` nothing that is the same is left out."""
    rows = list(_rows(comparison.pieces))
    shown = rows if whole else [*_folded(rows)]
    pages = [*_paged(shown)] or [()]
    number = min(max(number, 1), len(pages))
    return ComparisonPage(pages[number - 1], number, len(pages), comparison)


def _rows(pieces: Iterable[TextPiece]) -> Iterator[ComparedRow]:
    """Yield all rows: each ends with a line of both texts, or where it is long of one."""
    row: list[TextPiece] = []
    before, after, length = 1, 1, 0
    for piece in _by_line(pieces):
        row.append(piece)
        length += len(piece.text)
        if piece.text.endswith("\n") and (piece.change is TextChange.SAME or length > _LONGEST_ROW):
            yield ComparedRow(tuple(row), before, after)
            before += sum(one.text.count("\n") for one in row if one.change is not TextChange.ADDED)
            after += sum(one.text.count("\n") for one in row if one.change is not TextChange.REMOVED)
            row, length = [], 0
    if row:
        yield ComparedRow(tuple(row), before, after)


def _by_line(pieces: Iterable[TextPiece]) -> Iterator[TextPiece]:
    for piece in pieces:
        for line in piece.text.splitlines(keepends=True) if "\n" in piece.text else [piece.text]:
            yield replace(piece, text=line)


def _folded(rows: list[ComparedRow]) -> Iterator[ComparedRow | Fold]:
    """Yield the rows that are changed, those around them, and how many there are between."""
    near = bytearray(len(rows))
    for at, row in enumerate(rows):
        if row.is_changed:
            start, stop = max(0, at - _AROUND), min(len(rows), at + _AROUND + 1)
            near[start:stop] = b"\1" * (stop - start)
    left_out = 0
    for at, row in enumerate(rows):
        if not near[at]:
            left_out += 1
            continue
        if left_out:
            yield Fold(left_out)
        left_out = 0
        yield replace(row, parts=tuple(_shortened(row.parts)))
    if left_out:
        yield Fold(left_out)


def _shortened(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts, the middle of long ones that are the same left out."""
    for part in parts:
        if isinstance(part, LeftOut) or part.is_changed or len(part.text) <= _LONGEST_PIECE:
            yield part
            continue
        yield replace(part, text=part.text[:_SHOWN_OF_LONG])
        yield LeftOut(len(part.text) - 2 * _SHOWN_OF_LONG, part.was_paid, part.is_paid)
        yield replace(part, text=part.text[-_SHOWN_OF_LONG:])


def _paged(rows: Iterable[ComparedRow | Fold]) -> Iterator[tuple[ComparedRow | Fold, ...]]:
    page: list[ComparedRow | Fold] = []
    weight = 0
    for row in rows:
        parts = row.parts if isinstance(row, ComparedRow) else ()
        more = _MARKUP + sum(_MARKUP + (len(part.text) if isinstance(part, TextPiece) else 0) for part in parts)
        if page and weight + more > _PAGE:
            yield tuple(page)
            page, weight = [], 0
        page.append(row)
        weight += more
    if page:
        yield tuple(page)

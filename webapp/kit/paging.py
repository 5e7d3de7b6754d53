"""Lists, a page at a time: each begins after the last row of the one before, whose key stands in its address."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

_LONGEST = 100  # characters, more than any of ours has
_BEYOND_KEYS = 2**63
_READERS: dict[type, Callable[[str], Any]] = {datetime: datetime.fromisoformat, int: int}
_K = TypeVar("_K", datetime, int)
_U = TypeVar("_U")
_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[_T_co]):
    """Some rows of a list, and the cursor of those that follow (None at the end)."""

    rows: tuple[_T_co, ...] = ()
    after: str | None = None

    def map(self, change: Callable[[_T_co], _U]) -> "Page[_U]":
        """Return the page with each row changed."""
        return Page(tuple(map(change, self.rows)), self.after)


@dataclass(frozen=True, slots=True, eq=False)
class RowOrder:
    """By what a list is ordered: moments or whole numbers, the greatest first, and a number that no two rows share.

    Where the column is NULL, a row is on no page: a list that shall show it orders by a `coalesce`.
    """

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    number: ColumnElement[int] | InstrumentedAttribute[int]
    ascending: bool = False

    def sort(self, query: Select[Any]) -> Select[Any]:
        """Return a query whose rows come in this order."""
        key = (self.column, self.number)
        return query.order_by(*(key if self.ascending else (part.desc() for part in key)))

    def after(self, cursor: str | None) -> ColumnElement[bool]:
        """Return which rows follow a cursor; all of them, where it is none of ours."""
        last = read_cursor(cursor, self.column.type.python_type)
        if last is None:
            return self.column.is_not(None)
        place = tuple_(self.column, self.number)
        return place > last if self.ascending else place < last


def fetch_page(session: Session, query: Select[Any], order: RowOrder, after: str | None, limit: int) -> Page[Any]:
    """Return up to so many of the rows that a query finds and that follow a cursor."""
    keyed = order.sort(query.where(order.after(after))).add_columns(order.column, order.number)
    rows = session.execute(keyed.limit(limit + 1)).all()
    following = write_cursor(*rows[limit - 1][-2:]) if len(rows) > limit else None
    return Page(tuple(row[:-2] for row in rows[:limit]), following)


def write_cursor(place: datetime | int, number: int) -> str:
    """Return a row's key as it stands in an address."""
    text = f"{place.isoformat() if isinstance(place, datetime) else place} {number}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, kind: type[_K]) -> tuple[_K, int] | None:
    """Return the key that a cursor holds; None for one that we would not have written so, character by character."""
    if not cursor or len(cursor) > _LONGEST:
        return None
    try:
        first, second = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        place, number = _READERS[kind](first), int(second)
    except ValueError:
        return None
    is_ours = _fits(place) and _fits(number) and write_cursor(place, number) == cursor
    return (place, number) if is_ours else None


def _fits(part: datetime | int) -> bool:
    return part.tzinfo is UTC if isinstance(part, datetime) else 0 <= part < _BEYOND_KEYS

"""The one table of the desk: sorted, filtered, its columns chosen, a page at a time, and taken along as CSV.

A view says which columns there are and asks for the rows; all else stands in the address, so that a list can be sent to
a colleague, and comes back after a reload:

    ?sort=-at        by which column, the greatest first where a minus stands before it
    ?show=at&show=by which columns; without it those that are shown at first
    ?after=…         which page
    ?format=csv      all rows of all pages
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from webapp.kit.csv_cells import csv_lines
from webapp.kit.errors import InvalidInputError
from webapp.kit.http import database, read_session
from webapp.kit.languages import date, gettext, short_moment
from webapp.kit.paging import Page, RowOrder, fetch_page
from webapp.kit.translatable import _

ROWS = 50
_ROWS_OF_CSV = 1000  # that are read at once
_PAGING = {"after", "format"}
AnySelect = Any  # a Select of whatever columns
FetchPage = Callable[[Session, str | None, int], Page[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `cell` returns what a row shows there (text, or Markup with a link), `plain` what CSV has instead.

    Both are called with all that the query selects, one by one. With `order` it can be sorted by; an index carries that
    order. A column that is not `shown` can be chosen.
    """

    key: str
    label: str
    cell: Callable[..., object]
    plain: Callable[..., object] | None = None
    order: RowOrder | None = None
    numeric: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class TableFilter:
    """Something by which rows are left out: an argument of the address, typed, or one of the choices (value, label)."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...] | None = None
    kind: str = "search"  # of the field, as HTML has it: "search", "date"

    @property
    def value(self) -> str:
        """Return what was asked for; "" where nothing was, or what is no choice."""
        told = request.args.get(self.name, "").strip()
        return told if self.choices is None or told in {value for value, _label in self.choices} else ""


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table of the desk: its name, as the file of its CSV has it, and how it is sorted at first."""

    name: str
    columns: tuple[Column, ...]
    sort: str
    filters: tuple[TableFilter, ...] = ()

    def column(self, key: str) -> Column | None:
        """Return the column that can be sorted by this key."""
        return next((column for column in self.columns if column.key == key and column.order), None)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a table, as templates show it."""

    table: DataTable
    sort: str
    columns: tuple[Column, ...]
    page: Page[Any]

    @property
    def filtered(self) -> bool:
        """Whether rows may be missing for a filter's sake."""
        return any(filter_.value for filter_ in self.table.filters)

    @property
    def next_page(self) -> str | None:
        """Return the address of the rows that follow."""
        return _address({"after": self.page.after}) if self.page.after else None

    @property
    def csv_address(self) -> str:
        """Return the address of all rows, as a file."""
        return _address({"format": "csv"})

    def sorted_by(self, column: Column) -> str:
        """Return how this column is sorted, as `aria-sort` says it; "" where by another."""
        return {column.key: "ascending", f"-{column.key}": "descending"}.get(self.sort, "")

    def sort_address(self, column: Column) -> str:
        """Return the address of the same rows sorted by a column: the greatest first, then the other way round."""
        return _address({"sort": column.key if self.sort == f"-{column.key}" else f"-{column.key}"})

    def kept(self, *but: str) -> list[tuple[str, str]]:
        """Return the arguments that a form of the table carries along."""
        return [(name, value) for name, value in request.args.items(multi=True) if name not in {*but, *_PAGING}]


def moment_cell(moment: datetime | None) -> str:
    """Return what a cell shows of a moment; nothing where there is none."""
    return _time(moment, short_moment(moment)) if moment else ""


def day_cell(moment: datetime | None) -> str:
    """Return what a cell shows of the day of a moment; nothing where there is none."""
    return _time(moment, date(moment)) if moment else ""


def _time(moment: datetime, shown: str) -> str:
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), shown)


def show_table(table: DataTable, query: AnySelect, show: Callable[[Listing], str]) -> str | Response:
    """Return a page of what a query finds, as `show` writes it, or all of it as CSV; raise InvalidInputError."""
    sort = request.args.get("sort", table.sort)
    column = table.column(sort.removeprefix("-"))
    if column is None or column.order is None:
        raise InvalidInputError(_("This table cannot be sorted so."), _("Choose one of its columns."))
    order = replace(column.order, ascending=not sort.startswith("-"))
    return show_pages(table, lambda session, after, most: fetch_page(session, query, order, after, most), show, sort)


def show_pages(table: DataTable, fetch: FetchPage, show: Callable[[Listing], str], sort: str = "") -> str | Response:
    """Return a page of a list that is found in another way than by one query, as `show` writes it, or all of it as CSV.

    `fetch` returns so many rows after a cursor, each as a tuple.
    """
    chosen = set(request.args.getlist("show"))
    shown = tuple(one for one in table.columns if (one.key in chosen if chosen else one.shown))
    if request.args.get("format") == "csv":
        return _csv(table, fetch)
    page = fetch(read_session(), request.args.get("after"), ROWS)
    return show(Listing(table, sort, shown or table.columns, page))


def _csv(table: DataTable, fetch: FetchPage) -> Response:
    """Return all rows as a file that is written while it is sent; a batch of rows to a read session."""
    opened, head = database(), [gettext(column.label) for column in table.columns]

    def rows() -> Iterator[Sequence[object]]:
        after: str | None = None
        while True:
            with opened.reading() as session:
                page = fetch(session, after, _ROWS_OF_CSV)
            for row in page.rows:
                yield [(column.plain or column.cell)(*row) for column in table.columns]
            after = page.after
            if after is None:
                return

    answer = Response(csv_lines(head, rows()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return answer


def _address(changed: dict[str, str]) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in {*changed, *_PAGING}]
    return "?" + urlencode([*kept, *changed.items()])

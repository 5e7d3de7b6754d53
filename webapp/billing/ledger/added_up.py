"""Adds the ledger up: the sums of days, and the entries that no sum has yet."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, extract, func, literal, select
from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_models import LedgerEntry, LedgerSum, MoneyFigure
from webapp.settings import Mode

_ONE_DAY = timedelta(days=1)
_Table = type[LedgerEntry] | type[LedgerSum]


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Days from the first to the last, both of them in it."""

    first: date
    last: date

    def __len__(self) -> int:
        """Return how many days there are."""
        return (self.last - self.first).days + 1

    def days(self) -> list[date]:
        """Return all of its days."""
        return [self.first + number * _ONE_DAY for number in range(len(self))]

    @property
    def day_before(self) -> date:
        """The day before its first."""
        return self.first - _ONE_DAY


@dataclass(slots=True)
class Total:
    """What some entries come to: their amounts, the tax in them, and how many they are."""

    amount: int = 0
    tax: int = 0
    entries: int = 0

    def add(self, amount: int, tax: int, entries: int) -> None:
        """Take in what others come to."""
        self.amount, self.tax, self.entries = self.amount + amount, self.tax + tax, self.entries + entries


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The entries of one mode in one currency: what figures are made of."""

    session: Session
    mode: Mode
    currency: str

    def totals(
        self, figures: Iterable[MoneyFigure], by: Sequence[str], first: date | None = None, last: date | None = None
    ) -> dict[tuple[Any, ...], Total]:
        """Return what figures come to between two days (None: since ever, until ever), by the values of columns.

        `month` stands for the month of the day, as (2026, 3).
        """
        found: dict[tuple[Any, ...], Total] = defaultdict(Total)
        for table, entries in ((LedgerSum, LedgerSum.entries), (LedgerEntry, literal(1))):
            query = self._query(table, entries, tuple(figures), by, first, last)
            for *key, amount, tax, number in self.session.execute(query):
                found[tuple(key)].add(int(amount), int(tax), int(number))
        return found

    def _query(
        self,
        table: _Table,
        entries: SQLColumnExpression[int],
        figures: tuple[MoneyFigure, ...],
        by: Sequence[str],
        first: date | None,
        last: date | None,
    ) -> Select[Any]:
        columns = [column for name in by for column in _columns(table, name)]
        numbers = (func.sum(table.amount), func.sum(table.tax), func.sum(entries))
        query = select(*columns, *numbers).where(table.mode == self.mode, table.currency == self.currency)
        query = query.where(table.figure.in_(figures))
        if table is LedgerEntry:
            query = query.where(~LedgerEntry.summed)
        if first is not None:
            query = query.where(table.day >= first)
        if last is not None:
            query = query.where(table.day <= last)
        return query.group_by(*columns).having(func.count() > 0)


def _columns(table: _Table, name: str) -> list[Any]:
    if name == "month":
        return [extract("year", table.day), extract("month", table.day)]
    return [getattr(table, name)]


def currencies_in_ledger(session: Session, mode: Mode) -> list[str]:
    """Return the currencies that there are entries in, that with the most first."""
    numbers: dict[str, int] = defaultdict(int)
    summed = select(LedgerSum.currency, func.sum(LedgerSum.entries)).where(LedgerSum.mode == mode)
    others = select(LedgerEntry.currency, func.count()).where(LedgerEntry.mode == mode, ~LedgerEntry.summed)
    for query in (summed.group_by(LedgerSum.currency), others.group_by(LedgerEntry.currency)):
        for currency, number in session.execute(query):
            numbers[currency] += int(number)
    return sorted(numbers, key=lambda currency: (-numbers[currency], currency))

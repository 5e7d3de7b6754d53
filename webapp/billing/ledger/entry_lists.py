"""The rows that a figure is made of, and what they come to: entries of the ledger, and subscriptions on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select

from webapp.accounts.models import Reader
from webapp.billing.ledger.added_up import DaySpan, LedgerView, Total
from webapp.billing.ledger.ledger_models import LedgerEntry, MoneyFigure, SubscriptionStanding
from webapp.billing.models import PlanKind
from webapp.kit.paging import RowOrder

ENTRY_ORDER = RowOrder(LedgerEntry.at, LedgerEntry.id)
STANDING_ORDER = RowOrder(SubscriptionStanding.since, SubscriptionStanding.id)


@dataclass(frozen=True, slots=True)
class EntryChoice:
    """Which entries: of some figures, of a span of days, and for one plan where that is named."""

    figures: Sequence[MoneyFigure]
    span: DaySpan
    plan: tuple[PlanKind, str] | None = None


def select_entries(view: LedgerView, choice: EntryChoice, zone: ZoneInfo) -> Select[LedgerEntry, str]:
    """Return the query for entries, each with the address of its reader; `ENTRY_ORDER` sorts it by an index."""
    begin, end = start_of(choice.span.first, zone), start_of(choice.span.last + timedelta(days=1), zone)
    query = select(LedgerEntry, Reader.email).join(Reader, Reader.id == LedgerEntry.reader_id)
    query = query.where(LedgerEntry.mode == view.mode, LedgerEntry.currency == view.currency)
    query = query.where(LedgerEntry.at >= begin, LedgerEntry.at < end, LedgerEntry.figure.in_(choice.figures))
    if choice.plan is not None:
        query = query.where(LedgerEntry.kind == choice.plan[0], LedgerEntry.plan == choice.plan[1])
    return query


def total_entries(view: LedgerView, choice: EntryChoice) -> Total:
    """Return what chosen entries come to."""
    whole = Total()
    totals = view.totals(choice.figures, ("kind", "plan"), choice.span.first, choice.span.last)
    for key, total in totals.items():
        if choice.plan in {None, key}:
            whole.add(total.amount, total.tax, total.entries)
    return whole


def select_recurring(view: LedgerView, day: date, zone: ZoneInfo) -> Select[SubscriptionStanding, str]:
    """Return the query for what recurred at the end of a day, each with its reader's address."""
    query = select(SubscriptionStanding, Reader.email).join(Reader, Reader.id == SubscriptionStanding.reader_id)
    return query.where(*_recurring(view, day, zone))


def total_recurring(view: LedgerView, day: date, zone: ZoneInfo) -> Total:
    """Return what recurred at the end of a day, by the subscriptions of that day themselves."""
    found = select(func.coalesce(func.sum(SubscriptionStanding.monthly), 0), func.count())
    amount, number = view.session.execute(found.where(*_recurring(view, day, zone))).one()
    return Total(int(amount), 0, number)


def _recurring(view: LedgerView, day: date, zone: ZoneInfo) -> tuple[Any, ...]:
    after, stands = start_of(day + timedelta(days=1), zone), SubscriptionStanding
    then = stands.since < after, or_(stands.until.is_(None), stands.until >= after)
    return stands.mode == view.mode, stands.currency == view.currency, *then, stands.monthly > 0


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a zone."""
    return datetime.combine(day, time(), zone)

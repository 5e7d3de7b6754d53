"""Compares the ledger's sums with a recount of its rows, for doctor: any difference is a fault of ours."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_models import MOVEMENTS, LedgerEntry, LedgerSum, SubscriptionStanding
from webapp.settings import Mode


def find_differences(session: Session, mode: Mode) -> Iterator[str]:
    """Yield where sums of days are not what their entries come to, or movements not what recurs."""
    yield from _wrong_sums(session, mode)
    moved = select(LedgerEntry.currency, func.sum(LedgerEntry.amount)).where(LedgerEntry.mode == mode)
    moved = moved.where(LedgerEntry.figure.in_(MOVEMENTS)).group_by(LedgerEntry.currency)
    stands = select(SubscriptionStanding.currency, func.sum(SubscriptionStanding.monthly))
    stands = stands.where(SubscriptionStanding.mode == mode, SubscriptionStanding.until.is_(None))
    by_moves = {currency: int(amount) for currency, amount in session.execute(moved)}
    by_rows = {
        currency: int(amount) for currency, amount in session.execute(stands.group_by(SubscriptionStanding.currency))
    }
    for currency in sorted(by_moves.keys() | by_rows.keys()):
        if by_moves.get(currency, 0) != by_rows.get(currency, 0):
            yield f"{currency}: {by_moves.get(currency, 0)} moved, {by_rows.get(currency, 0)} recurs"


def _wrong_sums(session: Session, mode: Mode) -> Iterator[str]:
    names = ("currency", "figure", "day")
    of_entries = [getattr(LedgerEntry, name) for name in names]
    of_sums = [getattr(LedgerSum, name) for name in names]
    counted = select(*of_entries, func.sum(LedgerEntry.amount), func.sum(LedgerEntry.tax), func.count())
    counted = counted.where(LedgerEntry.mode == mode, LedgerEntry.summed).group_by(*of_entries)
    kept = select(*of_sums, func.sum(LedgerSum.amount), func.sum(LedgerSum.tax), func.sum(LedgerSum.entries))
    kept = kept.where(LedgerSum.mode == mode).group_by(*of_sums).having(func.sum(LedgerSum.entries) != 0)
    rows = {tuple(row[:3]): tuple(map(int, row[3:])) for row in session.execute(counted)}
    sums = {tuple(row[:3]): tuple(map(int, row[3:])) for row in session.execute(kept)}
    for key in sorted(rows.keys() | sums.keys()):
        if rows.get(key) != sums.get(key):
            currency, figure, day = key
            yield f"{currency} {figure} {day}: {sums.get(key)} kept, {rows.get(key)} counted"

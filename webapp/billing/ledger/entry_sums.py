"""Day sums of the ledger: what figures add up is these and the entries that no sum has yet, so it is always all.

The worker sums what has come in, in one transaction with the mark on each entry; nothing else adds to a sum.
"""

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_models import LedgerEntry, LedgerSum, MoneyFigure
from webapp.billing.ledger.ledger_state import ledger_state
from webapp.billing.ledger.movements import month_of
from webapp.billing.models import PlanKind
from webapp.settings import Mode

_MOST = 5000  # entries summed in one transaction
_BATCH = 1000  # entries moved to another day at once
Alike = tuple[str, MoneyFigure, date, PlanKind, str, str]


def sum_new_entries(session: Session, mode: Mode) -> int:
    """Add entries that no sum has yet to their day's sums, some thousands at once; return how many."""
    waiting = select(LedgerEntry).where(LedgerEntry.mode == mode, ~LedgerEntry.summed).limit(_MOST)
    entries = session.scalars(waiting).all()
    amounts: Counter[Alike] = Counter()
    taxes: Counter[Alike] = Counter()
    numbers: Counter[Alike] = Counter()
    for entry in entries:
        alike = (entry.currency, entry.figure, entry.day, entry.kind, entry.plan, entry.cohort)
        amounts[alike] += entry.amount
        taxes[alike] += entry.tax
        numbers[alike] += 1
        entry.summed = True
    for alike, number in numbers.items():
        kept = _keep_sum(session, mode, alike)
        kept.amount, kept.tax = kept.amount + amounts[alike], kept.tax + taxes[alike]
        kept.entries += number
    return len(entries)


def _keep_sum(session: Session, mode: Mode, alike: Alike) -> LedgerSum:
    names = ("currency", "figure", "day", "kind", "plan", "cohort")
    same = dict(zip(names, alike, strict=True))
    found = session.scalar(select(LedgerSum).filter_by(mode=mode, **same))
    if found is None:
        found = LedgerSum(mode=mode, amount=0, tax=0, entries=0, **same)
        session.add(found)
    return found


def forget_sums(session: Session, mode: Mode) -> None:
    """Have all sums be made anew."""
    session.execute(delete(LedgerSum).where(LedgerSum.mode == mode))
    session.execute(update(LedgerEntry).where(LedgerEntry.mode == mode, LedgerEntry.summed).values(summed=False))


def move_days(session: Session, mode: Mode, zone: str) -> bool:
    """Have the ledger's days be those of a zone; return whether they were of another. All sums are made anew."""
    state = ledger_state(session, mode)
    if state.zone == zone:
        return False
    state.zone, info = zone, ZoneInfo(zone)
    begun = _first_movements(session, mode)
    after: int | None = 0
    while after is not None:
        after = _move_some(session, mode, info, begun, after)
    session.execute(delete(LedgerSum).where(LedgerSum.mode == mode))
    return True


def _first_movements(session: Session, mode: Mode) -> dict[tuple[int, str], datetime]:
    """Return when each reader first paid each month, by reader and currency."""
    first = select(LedgerEntry.reader_id, LedgerEntry.currency, func.min(LedgerEntry.at))
    first = first.where(LedgerEntry.mode == mode, LedgerEntry.figure == MoneyFigure.NEW)
    found: dict[tuple[int, str], datetime] = {}
    for reader_id, currency, at in session.execute(first.group_by(LedgerEntry.reader_id, LedgerEntry.currency)):
        found[reader_id, currency] = at
    return found


def _move_some(
    session: Session, mode: Mode, zone: ZoneInfo, begun: dict[tuple[int, str], datetime], after: int
) -> int | None:
    """Move the days of some entries; return the last one's id, None where there was none."""
    rows = select(LedgerEntry).where(LedgerEntry.mode == mode, LedgerEntry.id > after).order_by(LedgerEntry.id)
    last = None
    for entry in session.scalars(rows.limit(_BATCH)):
        entry.day, entry.summed, last = entry.at.astimezone(zone).date(), False, entry.id
        if entry.cohort:
            entry.cohort = month_of(begun[entry.reader_id, entry.currency], zone)
    session.flush()
    session.expunge_all()
    return last

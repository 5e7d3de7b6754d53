"""Entries of the ledger: written once for each thing that they follow from, and taken out together with their sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_models import DatedBy, LedgerEntry, LedgerSum, MoneyFigure
from webapp.billing.ledger.ledger_state import Ledger
from webapp.billing.models import PlanKind

_SAME = ("mode", "currency", "figure", "day", "kind", "plan", "cohort")


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What an entry says."""

    figure: MoneyFigure
    source_id: str
    reader_id: int
    at: datetime
    kind: PlanKind
    plan: str
    currency: str
    amount: int
    subject: str
    tax: int = 0
    cohort: str = ""
    dated_by: DatedBy = DatedBy.OBJECT


def settle_entries(ledger: Ledger, present: Iterable[LedgerEntry], wanted: Iterable[EntryTerms]) -> None:
    """Have entries be as they ought to: what is missing is written, what is not right any more is taken out."""
    held = {(entry.figure, entry.source_id): entry for entry in present}
    for terms in wanted:
        entry = held.pop((terms.figure, terms.source_id), None)
        if entry is not None and _terms_of(entry) == terms:
            continue
        if entry is not None:
            drop_entry(ledger.session, entry)
        write_entry(ledger, terms)
    for entry in held.values():
        drop_entry(ledger.session, entry)


def write_entry(ledger: Ledger, terms: EntryTerms) -> None:
    """Write an entry; its day's sum takes it in later (entry_sums.py), and until then it is added by itself."""
    said = {name: getattr(terms, name) for name in EntryTerms.__dataclass_fields__}
    day = terms.at.astimezone(ledger.zone).date()
    ledger.session.add(LedgerEntry(mode=ledger.mode, day=day, summed=False, **said))
    ledger.session.flush()


def drop_entry(session: Session, entry: LedgerEntry) -> None:
    """Take an entry out, and out of the sum that has it."""
    if entry.summed:
        alike = [getattr(LedgerSum, name) == getattr(entry, name) for name in _SAME]
        less = {"amount": LedgerSum.amount - entry.amount, "tax": LedgerSum.tax - entry.tax}
        session.execute(update(LedgerSum).where(*alike).values(entries=LedgerSum.entries - 1, **less))
    session.delete(entry)
    session.flush()


def find_entries(session: Session, figure: MoneyFigure, source_ids: Iterable[str]) -> list[LedgerEntry]:
    """Return the entries of a figure that follow from some things."""
    ids = list(source_ids)
    named = select(LedgerEntry).where(LedgerEntry.figure == figure, LedgerEntry.source_id.in_(ids))
    return list(session.scalars(named)) if ids else []


def _terms_of(entry: LedgerEntry) -> EntryTerms:
    return EntryTerms(**{name: getattr(entry, name) for name in EntryTerms.__dataclass_fields__})

"""The ledger of a mode, opened in a transaction: which zone its days are in, and whether it has what was before it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_models import LedgerState
from webapp.settings import Mode


@dataclass(frozen=True, slots=True)
class Ledger:
    """A mode's ledger in a transaction; its days are those of a zone."""

    session: Session
    mode: Mode
    zone: ZoneInfo


def open_ledger(session: Session, mode: Mode) -> Ledger:
    """Return a mode's ledger."""
    return Ledger(session, mode, ZoneInfo(ledger_state(session, mode).zone))


def ledger_state(session: Session, mode: Mode) -> LedgerState:
    """Return the state of a mode's ledger: its row is there from the first step on."""
    return session.get_one(LedgerState, mode)


def is_complete(session: Session, mode: Mode) -> bool:
    """Return whether a ledger has all that was there before it."""
    return ledger_state(session, mode).complete_at is not None

"""Who a reader is at Stripe: one customer for each currency."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.stripe_models import StripeCustomer
from webapp.settings import Mode

_EARLIER = datetime.min.replace(tzinfo=UTC)


def find_customer(session: Session, reader_id: int, mode: Mode, currency: str) -> StripeCustomer | None:
    """Return who a reader is when they buy in a currency; None when there is nobody yet."""
    held = _held(session, reader_id, mode)
    unbound = next((one for one in held if not one.currency), None)
    return next((one for one in held if one.currency == currency), unbound)


def list_customers_of(session: Session, reader_id: int, mode: Mode) -> list[str]:
    """Return all that a reader is at Stripe now, the newest last."""
    return [one.id for one in _held(session, reader_id, mode)]


def find_portal_customer(session: Session, reader_id: int, mode: Mode, subscribed: Iterable[str]) -> str | None:
    """Return whose portal is shown: one who subscribes, else the newest; None when there is nobody yet."""
    held = list_customers_of(session, reader_id, mode)
    return next((one for one in subscribed if one in held), held[-1] if held else None)


def _held(session: Session, reader_id: int, mode: Mode) -> list[StripeCustomer]:
    mine = select(StripeCustomer).where(StripeCustomer.reader_id == reader_id, StripeCustomer.mode == mode)
    held = session.scalars(mine.where(StripeCustomer.retired_at.is_(None)))
    return sorted(held, key=lambda one: (one.created_at or _EARLIER, one.id))

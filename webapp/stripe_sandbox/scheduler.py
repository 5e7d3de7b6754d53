"""What happens by itself when the sandbox's time has come that far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete

from webapp.stripe_sandbox.resources import coupons, discounts, promotion_codes
from webapp.stripe_sandbox.resources.checkout_session import sessions
from webapp.stripe_sandbox.resources.payment import delayed_payments
from webapp.stripe_sandbox.resources.subscription import (
    creation,
    dunning,
    pause_collection,
    renewal,
    subscriptions,
    trials,
)
from webapp.stripe_sandbox.storage import agenda
from webapp.stripe_sandbox.unit_of_work import Books

ACTIONS: Mapping[str, Callable[[Books, str], object]] = {
    coupons.LAPSE: coupons.lapse_when_due,
    delayed_payments.ARRIVE: delayed_payments.arrive,
    delayed_payments.BOUNCE: delayed_payments.bounce,
    discounts.END: discounts.end_when_due,
    promotion_codes.LAPSE: promotion_codes.lapse_when_due,
    sessions.EXPIRE: sessions.expire_when_due,
    subscriptions.END: subscriptions.end_when_due,
    subscriptions.RENEW: renewal.renew_when_due,
    subscriptions.COLLECT_AGAIN: pause_collection.collect_again_when_due,
    trials.WARN: trials.warn_when_due,
    creation.EXPIRE: creation.expire_when_due,
    renewal.ADVANCE: renewal.advance_when_due,
    dunning.RETRY: dunning.retry_when_due,
}
# Asked before every request, so it is written out: SQLAlchemy would build it anew each time.
_FIRST_DUE = "SELECT number, at, what, object_id FROM agenda WHERE at <= ? ORDER BY at, number LIMIT 1"


@dataclass(frozen=True, slots=True)
class Due:
    """One entry whose time has come."""

    number: int
    at: int
    what: str
    object_id: str


def first_due(connection: Connection, now: int) -> Due | None:
    """Return the earliest entry that is due; entries of the same second in the order in which they were written."""
    row = connection.exec_driver_sql(_FIRST_DUE, (now,)).first()
    return Due(*row) if row else None


def carry_out(connection: Connection, due: Due) -> None:
    """Do what is due, as at its own time, however late that is noticed, and take it out of the agenda."""
    connection.execute(delete(agenda).where(agenda.c.number == due.number))
    ACTIONS[due.what](Books(connection, due.at), due.object_id)

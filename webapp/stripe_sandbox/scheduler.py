"""What happens by itself when the sandbox's time has come that far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete

from webapp.stripe_sandbox.resources import coupons, discounts, promotion_codes
from webapp.stripe_sandbox.resources.checkout_session import sessions
from webapp.stripe_sandbox.resources.payment import delayed_payments
from webapp.stripe_sandbox.resources.subscription import (
    collecting,
    creation,
    dunning,
    pause_collection,
    renewal,
    subscriptions,
    trials,
)
from webapp.stripe_sandbox.storage import SandboxStore, agenda
from webapp.stripe_sandbox.unit_of_work import UnitOfWork

ACTIONS: Mapping[str, Callable[[UnitOfWork, str], object]] = {
    coupons.LAPSE_COUPON: coupons.lapse_coupon_when_due,
    delayed_payments.ARRIVE: delayed_payments.payment_arrives,
    delayed_payments.BOUNCE: delayed_payments.payment_fails,
    discounts.END_DISCOUNT: discounts.end_discount_when_due,
    promotion_codes.LAPSE_CODE: promotion_codes.lapse_code_when_due,
    sessions.EXPIRE_SESSION: sessions.expire_session_when_due,
    subscriptions.END: subscriptions.end_subscription_when_due,
    subscriptions.RENEW: renewal.renew_when_due,
    subscriptions.UPCOMING: renewal.announce_upcoming,
    subscriptions.COLLECT_AGAIN: pause_collection.collect_again_when_due,
    trials.WARN: trials.warn_when_due,
    creation.EXPIRE_SUBSCRIPTION: creation.expire_subscription_when_due,
    collecting.ADVANCE: collecting.advance_when_due,
    collecting.OVERDUE: collecting.become_overdue,
    dunning.RETRY: dunning.retry_when_due,
}
# Asked before every request, so it is written out: SQLAlchemy would build it anew each time.
_FIRST_DUE = "SELECT number, at, what, object_id FROM agenda WHERE at <= ? ORDER BY at, number LIMIT 1"


@dataclass(frozen=True, slots=True)
class DueTask:
    """One entry whose time has come."""

    number: int
    at: int
    what: str
    object_id: str


def is_due(store: SandboxStore, now: int) -> bool:
    """Return whether any entry is due."""
    return store.peek(_FIRST_DUE, (now,)) is not None


def first_due(connection: Connection, now: int) -> DueTask | None:
    """Return the earliest entry that is due; entries of the same second in the order in which they were written."""
    row = connection.exec_driver_sql(_FIRST_DUE, (now,)).first()
    return DueTask(*row) if row else None


def run_due(connection: Connection, due: DueTask) -> None:
    """Do what is due, as at its own time, however late that is noticed, and take it out of the agenda."""
    connection.execute(delete(agenda).where(agenda.c.number == due.number))
    ACTIONS[due.what](UnitOfWork(connection, due.at), due.object_id)

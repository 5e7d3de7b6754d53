"""What a house and its Stripe hold, counted: one comparison tells whether anything is missing or double."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from tests.factories.house import House
from webapp.billing.emails import RECEIPT
from webapp.billing.models import Grant, GrantSource, Purchase, PurchaseState, Receipt
from webapp.billing.stripe_models import StripeCommand, StripeCustomer, StripeEvent, StripeObject
from webapp.kit.email_queue import QueuedEmail
from webapp.stripe_sandbox.storage import objects


@dataclass(frozen=True)
class Tally:
    """`open_`, `shut`: grants that hold and that do not; everything else is counted at its one place."""

    open_: int = 0
    shut: int = 0
    purchases: int = 1
    bought: int = 1
    receipts: int = 1
    customers: int = 1
    sessions: int = 1
    running: int = 0
    ended: int = 0
    refunds: int = 0
    commands: int = 0


def tally_of(house: House) -> Tally:
    """Count what is there now."""
    at_stripe = _at_stripe(house)
    with house.database.reading() as session:
        grants = session.scalars(select(Grant)).all()
        purchases = session.scalars(select(Purchase)).all()
        receipts = session.scalar(select(func.count()).select_from(Receipt))
        commands = session.scalar(select(func.count()).select_from(StripeCommand))
    return Tally(
        open_=sum(grant.revoked is None for grant in grants),
        shut=sum(grant.revoked is not None for grant in grants),
        purchases=len(purchases),
        bought=sum(purchase.state is PurchaseState.COMPLETE for purchase in purchases),
        receipts=receipts or 0,
        customers=at_stripe["customer", None],
        sessions=sum(count for (kind, _status), count in at_stripe.items() if kind == "checkout.session"),
        running=at_stripe["subscription", "active"],
        ended=at_stripe["subscription", "canceled"],
        refunds=at_stripe["refund", "succeeded"],
        commands=commands or 0,
    )


def _at_stripe(house: House) -> Counter[tuple[str, str | None]]:
    with house.cashier.sandbox.store.reading() as connection:
        bodies = connection.scalars(select(objects.c.body)).all()
    return Counter((body["object"], body.get("status")) for body in bodies)


def damage(house: House) -> Iterator[str]:
    """Yield what must never be, not even at the very moment of a kill: a broken file, access that nobody paid for."""
    for store in (house.database.read_engine, house.cashier.sandbox.store._database.read_engine):
        with store.connect() as connection:
            if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                yield "a damaged file"
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                yield "a reference to nothing"
    paid = _paid_for(house)
    with house.database.reading() as session:
        for grant in session.scalars(select(Grant).where(Grant.source != GrantSource.COMPLIMENTARY)):
            if grant.source_id not in paid:
                yield f"a grant without a payment: {grant.source} {grant.source_id}"
        for receipt in session.scalars(select(Receipt)):
            if receipt.purchase_id not in paid:
                yield f"a receipt without a payment: {receipt.source_id}"


def _paid_for(house: House) -> set[str]:
    """Return the purchases and subscriptions whose session the sandbox has seen paid."""
    with house.cashier.sandbox.store.reading() as connection:
        sessions = connection.scalars(select(objects.c.body).where(objects.c.object == "checkout.session")).all()
    paid = [session for session in sessions if session["payment_status"] == "paid"]
    return {str(session[key]) for session in paid for key in ("client_reference_id", "subscription")}


def loose_ends(house: House) -> Iterator[str]:
    """Yield what a house that has caught up has none of."""
    with house.database.reading() as session:
        if session.scalar(select(StripeEvent.id).where(StripeEvent.processed_at.is_(None)).limit(1)):
            yield "an event that nobody dealt with"
        if session.scalar(select(StripeCommand.id).where(StripeCommand.done_at.is_(None)).limit(1)):
            yield "a command that nobody carried out"
        if session.scalar(select(StripeCommand.id).where(StripeCommand.last_error != "").limit(1)):
            yield "a command that Stripe refused"
        if session.scalar(select(StripeObject.id).where(StripeObject.wanted != StripeObject.applied).limit(1)):
            yield "an object that is behind"
        if session.scalar(select(func.count()).where(StripeCustomer.retired_at.is_(None))) != 1:
            yield "not one customer of one reader"
        written = set(session.scalars(select(QueuedEmail.key).where(QueuedEmail.message == RECEIPT)))
        if written != {f"{RECEIPT}:{source}" for source in session.scalars(select(Receipt.source_id))}:
            yield "not one letter for each receipt"

"""Payments that become another account's, when two accounts of one person are merged."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.billing.closed_accounts import expire_checkouts
from webapp.billing.customer_emails import enqueue_customer_emails
from webapp.billing.double_payments import give_back_double_payments
from webapp.billing.grants import rebuild_grants
from webapp.billing.models import Grant, Purchase, Receipt
from webapp.billing.stored_targets import live_subscriptions, read_holdings
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.kit import clock
from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _
from webapp.settings import Mode

_MERGED = "accounts merged"


def move_payments(session: Session, giver: int, taker: int, grace: timedelta) -> None:
    """Make all that one account bought, and what it opens, another's (both by id).

    What was then paid for twice is given back, the later payment, as always. Raise ConflictError where both have a
    subscription: which of them goes on is for the person to say.
    """
    for mode in Mode:
        if live_subscriptions(session, giver, mode) and live_subscriptions(session, taker, mode):
            raise ConflictError(
                _("Both accounts have a subscription."),
                _("Cancel one of them at Stripe, run “paidspan stripe sync”, and merge them then."),
            )
    expire_checkouts(session, giver, _MERGED)
    for mode in Mode:
        _keep_one_customer_each(session, giver, taker, mode)
    for table in (Purchase, Receipt, StripeCustomer, StripeObject, Grant):
        session.execute(update(table).where(table.reader_id == giver).values(reader_id=taker))
    session.expire_all()
    for mode in Mode:
        rebuild_grants(session, taker, mode, grace)
        give_back_double_payments(session, read_holdings(session, taker, mode))
    enqueue_customer_emails(session, taker)


def _keep_one_customer_each(session: Session, giver: int, taker: int, mode: Mode) -> None:
    """Retire one of two customers for one currency: not the one that subscribes, else the giver's."""
    subscribed = {facts.customer_id for facts in live_subscriptions(session, giver, mode)}
    present = select(StripeCustomer).where(StripeCustomer.mode == mode, StripeCustomer.retired_at.is_(None))
    held = {one.currency: one for one in session.scalars(present.where(StripeCustomer.reader_id == taker))}
    for customer in session.scalars(present.where(StripeCustomer.reader_id == giver)):
        rival = held.get(customer.currency)
        if rival is not None:
            other = rival if customer.id in subscribed else customer
            other.retired_at = clock.now()
    session.flush()

"""One subscription for each reader, whatever was clicked and paid at once."""

import pytest
from sqlalchemy import select

from webapp.billing.checkout import start_checkout
from webapp.billing.models import Purchase, PurchaseState, Revoked
from webapp.billing.order_terms import Buyer, Order
from webapp.billing.outbox_runner import run_commands
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import Alert, StripeCommand
from webapp.billing.sync import sync
from webapp.kit.errors import ConflictError

CARD = ("card", "4242424242424242", "12/34", "123")


@pytest.fixture
def buyer(people):
    reader = people.reader()
    return Buyer(reader.id, reader.email, "en")


def order(plan="year"):
    return Order(plan, None, "", "/")


def session_of(address):
    return address.rsplit("/", 1)[1]


@pytest.fixture
def two_paid(cashier, billing, buyer, database):
    """Two subscriptions paid at Stripe by one reader, as two tabs can that race past each other."""
    first = session_of(start_checkout(billing, buyer, order()))
    with database.writing() as session:
        session.scalars(select(Purchase)).one().state = PurchaseState.EXPIRED  # the second tab does not see the first
    second = session_of(start_checkout(billing, buyer, order("month")))
    cashier.sandbox.pay(first, *CARD)
    cashier.sandbox.pay(second, *CARD)
    return first, second


def subscriptions(billing):
    return {one.id: one for one in billing.gateway.client.v1.subscriptions.list({"status": "all"}).data}


@pytest.mark.parametrize("heard", [(0, 1), (1, 0), (0, 1, 0, 1), (1,), (0,), ()])
def test_the_second_is_cancelled_and_given_back_in_whatever_order_they_are_heard_of(
    cashier, billing, two_paid, heard, database
):
    for number in heard:
        sync(billing, "checkout.session", two_paid[number])
        run_commands(billing)
    reconcile_all(billing)
    states = sorted(one.status for one in subscriptions(billing).values())
    assert states == ["active", "canceled"]
    running = [grant for grant in cashier.grants() if not grant.revoked]
    assert len(running) == 1
    refunds = billing.gateway.client.v1.refunds.list({"limit": 10}).data
    assert len(refunds) == 1
    with database.reading() as session:
        assert all(command.done_at for command in session.scalars(select(StripeCommand)))
        assert [alert.code for alert in session.scalars(select(Alert))] == ["second-subscription"]


def test_the_reader_is_told_that_the_payment_went_back(cashier, billing, two_paid):
    for session_id in two_paid:
        sync(billing, "checkout.session", session_id)
    run_commands(billing)
    gone = next(grant for grant in cashier.grants() if grant.revoked)
    assert gone.revoked is Revoked.REFUNDED


@pytest.mark.parametrize("status", ["past_due", "unpaid", "paused"])
def test_a_subscription_that_only_waits_for_its_money_is_not_sold_a_second_time(
    cashier, billing, buyer, database, status
):
    first = session_of(start_checkout(billing, buyer, order()))
    cashier.sandbox.pay(first, *CARD)
    subscription = next(iter(subscriptions(billing).values()))
    with cashier.sandbox.writing() as uow:
        uow.save(uow.get("subscription", subscription.id) | {"status": status})
    sync(billing, "subscription", subscription.id)
    with pytest.raises(ConflictError):
        start_checkout(billing, buyer, order("month"))


def test_an_older_one_whose_renewal_failed_makes_way_and_keeps_what_it_was_paid_for(
    cashier, billing, two_paid, database
):
    """What it cost was for a time that was read in; the one that runs is the later one."""
    older, newer = sorted(subscriptions(billing).values(), key=lambda one: (one.start_date, one.created))
    with cashier.sandbox.writing() as uow:
        uow.save(uow.get("subscription", older.id) | {"status": "past_due", "start_date": older.start_date - 86_400})
    for session_id in two_paid:
        sync(billing, "checkout.session", session_id)
    run_commands(billing)
    assert {one.id: one.status for one in subscriptions(billing).values()} == {older.id: "canceled", newer.id: "active"}
    assert billing.gateway.client.v1.refunds.list().data == []
    with database.reading() as session:
        assert [(one.code, one.about) for one in session.scalars(select(Alert))] == [("second-subscription", older.id)]

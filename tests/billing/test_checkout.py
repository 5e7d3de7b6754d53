"""Starting a checkout when things are not as they were a moment ago."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.billing.stripe_answers import answering
from webapp.billing.checkout import start_checkout
from webapp.billing.gateway.client import Gateway, StripeBusyError
from webapp.billing.models import Plan, Purchase, PurchaseState, Revoked
from webapp.billing.order_terms import Buyer, Order
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_models import Alert, StripeCustomer
from webapp.billing.stripe_setup import FIRST_PLANS, set_up_plans
from webapp.billing.sync import sync
from webapp.kit.errors import ConflictError, PaymentsUnavailableError
from webapp.kit.money import Money
from webapp.settings import Mode

CARD = ("card", "4242424242424242", "12/34", "123")
YEAR, MONTH, PASS = (Order(plan, None, "", "/") for plan in ("year", "month", "pass"))


@pytest.fixture
def buyer(people):
    reader = people.reader()
    return Buyer(reader.id, reader.email, "en")


def session_of(address):
    return address.rsplit("/", 1)[1]


def only_customer(database):
    with database.reading() as session:
        return session.scalars(select(StripeCustomer).where(StripeCustomer.retired_at.is_(None))).one()


def test_a_customer_whom_stripe_does_not_have_is_replaced_once(billing, buyer, database, people):
    """As when the stored one was made under another account's key."""
    with database.writing() as session:
        session.add(StripeCustomer(id="cus_elsewhere", reader_id=buyer.reader_id, mode=Mode.SANDBOX))
    start_checkout(billing, buyer, YEAR)
    assert only_customer(database).id != "cus_elsewhere"
    start_checkout(billing, buyer, YEAR)
    assert len(billing.gateway.client.v1.customers.list({"limit": 10}).data) == 1


def test_a_customer_of_another_mode_is_nobody_here(billing, buyer, database):
    with database.writing() as session:
        session.add(StripeCustomer(id="cus_live", reader_id=buyer.reader_id, mode=Mode.LIVE))
    start_checkout(billing, buyer, YEAR)
    with database.reading() as session:
        assert {one.mode for one in session.scalars(select(StripeCustomer))} == {Mode.LIVE, Mode.SANDBOX}


def test_a_customer_deleted_while_the_session_was_open_gets_a_new_one(cashier, billing, buyer, database):
    first = session_of(start_checkout(billing, buyer, YEAR))
    billing.gateway.client.v1.customers.delete(only_customer(database).id)
    second = session_of(start_checkout(billing, buyer, YEAR))
    assert second != first
    assert cashier.sandbox.pay(second, *CARD).end == "paid"
    reconcile_all(billing)
    assert [grant.revoked for grant in cashier.grants()] == [None]


def test_a_price_that_is_gone_is_told_to_the_publisher_and_sells_nothing(billing, buyer, database):
    with database.writing() as session:
        session.scalars(select(Plan).where(Plan.code == "year")).one().stripe_price_id = "price_gone"
    for _ in range(2):
        with pytest.raises(ConflictError, match="cannot be sold"):
            start_checkout(billing, buyer, YEAR)
    with database.reading() as session:
        assert [alert.code for alert in session.scalars(select(Alert))] == ["price-gone"]


def test_a_session_that_was_paid_meanwhile_is_not_sold_again(cashier, billing, buyer):
    cashier.sandbox.pay(session_of(start_checkout(billing, buyer, YEAR)), *CARD)
    with pytest.raises(ConflictError, match="already have a subscription"):
        start_checkout(billing, buyer, MONTH)
    assert len(cashier.grants()) == 1


def test_a_session_whose_time_is_over_is_followed_by_a_new_one(cashier, billing, buyer):
    first = session_of(start_checkout(billing, buyer, YEAR))
    cashier.sandbox.advance(timedelta(hours=25))
    second = session_of(start_checkout(billing, buyer, YEAR))
    assert second != first
    assert [purchase.state for purchase in cashier.purchases()] == [PurchaseState.EXPIRED, PurchaseState.OPEN]


def test_a_trial_is_free_once_for_each_reader(cashier, billing, buyer, database):
    with database.writing() as session:
        for plan in session.scalars(select(Plan)):
            plan.trial_days = 7
    first = session_of(start_checkout(billing, buyer, YEAR))
    cashier.sandbox.pay(first, *CARD)
    reconcile_all(billing)
    (held,) = billing.gateway.client.v1.subscriptions.list({}).data
    assert held.status == "trialing"
    billing.gateway.client.v1.subscriptions.cancel(held.id)
    cashier.sandbox.pay(session_of(start_checkout(billing, buyer, MONTH)), *CARD)
    (held,) = billing.gateway.client.v1.subscriptions.list({}).data
    assert held.status == "active"


def test_what_a_deleted_customer_bought_ends_though_the_next_order_is_the_first_to_notice(
    cashier, billing, buyer, database
):
    cashier.sandbox.pay(session_of(start_checkout(billing, buyer, PASS)), *CARD)
    reconcile_all(billing)
    billing.gateway.client.v1.customers.delete(only_customer(database).id)
    start_checkout(billing, buyer, YEAR)
    assert [grant.revoked for grant in cashier.grants()] == [Revoked.CUSTOMER_DELETED]


def test_a_superseded_purchase_whose_session_was_made_all_the_same_does_not_open_again(
    cashier, billing, buyer, database
):
    """As when one tab orders while the other waits for Stripe, or is killed while it does."""
    first = session_of(start_checkout(billing, buyer, YEAR))
    with database.writing() as session:
        session.scalars(select(Purchase)).one().state = PurchaseState.EXPIRED
    start_checkout(billing, buyer, MONTH)
    sync(billing, "checkout.session", first)
    assert [purchase.state for purchase in cashier.purchases()] == [PurchaseState.EXPIRED, PurchaseState.OPEN]
    cashier.sandbox.pay(first, *CARD)
    sync(billing, "checkout.session", first)
    assert [grant.revoked for grant in cashier.grants()] == [None]


def test_a_session_that_is_paid_in_the_moment_it_is_closed_is_what_the_reader_holds(
    cashier, billing, buyer, monkeypatch
):
    first, close = session_of(start_checkout(billing, buyer, YEAR)), Gateway.expire_session

    def paid_just_before(gateway, session_id):
        cashier.sandbox.pay(session_id, *CARD)
        return close(gateway, session_id)

    monkeypatch.setattr(Gateway, "expire_session", paid_just_before)
    with pytest.raises(ConflictError, match="already have a subscription"):
        start_checkout(billing, buyer, MONTH)
    assert [one.id for one in billing.gateway.client.v1.checkout.sessions.list().data] == [first]
    assert [grant.source_id for grant in cashier.grants()] == [cashier.purchases()[0].subscription_id]


def test_a_session_that_stripe_does_not_have_is_followed_by_another(cashier, billing, buyer):
    """As when test data was wiped at Stripe."""
    first = session_of(start_checkout(billing, buyer, YEAR))
    with cashier.sandbox.writing() as uow:
        uow.remove(first)
    second = session_of(start_checkout(billing, buyer, MONTH))
    assert [purchase.state for purchase in cashier.purchases()] == [PurchaseState.EXPIRED, PurchaseState.OPEN]
    assert cashier.sandbox.pay(second, *CARD).end == "paid"


def test_a_customer_whose_end_is_heard_of_while_a_session_is_asked_for_is_replaced(
    cashier, billing, buyer, database, monkeypatch
):
    ask, customers = Gateway.create_session, []

    def deleted_just_before(gateway, purchase, plan, customer_id, *given):
        customers.append(customer_id)
        if len(customers) == 1:
            gateway.client.v1.customers.delete(customer_id)
            sync(billing, "customer", customer_id)
        return ask(gateway, purchase, plan, customer_id, *given)

    monkeypatch.setattr(Gateway, "create_session", deleted_just_before)
    assert cashier.sandbox.pay(session_of(start_checkout(billing, buyer, YEAR)), *CARD).end == "paid"
    assert only_customer(database).id == customers[1] != customers[0]


@pytest.fixture
def sell_in_euros(billing):
    """Have subscriptions sold in another currency from now on, documents still in the house's."""

    def change():
        wishes = [wish for wish in FIRST_PLANS if wish.days is None]
        set_up_plans(billing, [replace(wish, price=Money(wish.price.minor_units // 10, "eur")) for wish in wishes])

    return change


def test_an_order_of_another_customer_stays_open_when_one_is_let_go_of(
    cashier, billing, buyer, database, document, sell_in_euros
):
    """The reader is one customer in each currency; of the one in euros Stripe knows nothing."""
    first = start_checkout(billing, buyer, Order("document", document.id, document.title, "/"))
    gone = StripeCustomer(id="cus_elsewhere", reader_id=buyer.reader_id, mode=Mode.SANDBOX, currency="eur")
    database.write(lambda session: session.add(gone))
    sell_in_euros()
    start_checkout(billing, buyer, YEAR)
    with database.reading() as session:
        assert session.get_one(StripeCustomer, "cus_elsewhere").retired_at is not None
    assert start_checkout(billing, buyer, Order("document", document.id, document.title, "/")) == first
    states = {purchase.kind: purchase.state for purchase in cashier.purchases()}
    assert states == {"document": PurchaseState.OPEN, "year": PurchaseState.OPEN}


def test_a_customer_whose_currency_was_never_kept_is_asked_about_before_selling_in_another(
    cashier, billing, buyer, database, sell_in_euros
):
    """Stripe binds a customer to the currency of its first subscription, and refuses another."""
    cashier.sandbox.pay(session_of(start_checkout(billing, buyer, YEAR)), *CARD)
    reconcile_all(billing)
    billing.gateway.client.v1.subscriptions.cancel(cashier.grants()[0].source_id)
    reconcile_all(billing)
    database.write(lambda session: session.execute(update(StripeCustomer).values(currency="")))
    sell_in_euros()
    assert cashier.sandbox.pay(session_of(start_checkout(billing, buyer, YEAR)), *CARD).end == "paid"
    with database.reading() as session:
        held = session.scalars(select(StripeCustomer).order_by(StripeCustomer.created_at)).all()
    assert [(one.currency, one.retired_at) for one in held] == [("cny", None), ("eur", None)]


def test_a_customer_whom_stripe_refuses_to_make_is_asked_for_under_another_key_the_next_time(billing, buyer, database):
    keys = []
    for _ in range(2):
        with answering(billing, "/v1/customers") as asked, pytest.raises(PaymentsUnavailableError):
            start_checkout(billing, buyer, YEAR)
        keys += asked
    assert len(set(keys)) == len(keys) == 2
    with database.reading() as session:
        assert {alert.code for alert in session.scalars(select(Alert))} == {"cannot-sell"}
    start_checkout(billing, buyer, YEAR)
    assert only_customer(database)


def test_who_finds_all_lines_to_stripe_taken_is_told_at_once_and_served_later(billing, buyer):
    with ExitStack() as crowd:
        for _ in range(billing.gateway.calls_at_once):
            crowd.enter_context(billing.gateway.calling())
        with pytest.raises(StripeBusyError):
            start_checkout(billing, buyer, YEAR)
    assert start_checkout(billing, buyer, YEAR)

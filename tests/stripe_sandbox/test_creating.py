"""Subscriptions begun through the API, without Checkout."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.shop import FAILS_LATER

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


@pytest.fixture
def customer(shop):
    return shop.customer().id


def begin(shop, customer: str, number: str | None = None, **params) -> stripe.Subscription:
    """Begin a subscription, charged to a card of this number where one is given."""
    card = {"default_payment_method": shop.card_of(customer, number).id} if number else {}
    return shop.stripe.subscriptions.create(
        {"customer": customer, "items": [{"price": shop.price().id}], **card, **params}
    )


def test_it_runs_when_its_first_invoice_is_paid(shop, customer):
    card = shop.card_of(customer)
    held = begin(shop, customer, default_payment_method=card.id, metadata={"a": "b"}, expand=["latest_invoice"])
    assert (held.status, held.default_payment_method, held.metadata.to_dict()) == ("active", card.id, {"a": "b"})
    assert (held.latest_invoice.status, held.latest_invoice.billing_reason) == ("paid", "subscription_create")
    assert shop.stripe.customers.retrieve(customer).currency == "cny"
    shop.sandbox.advance(timedelta(days=32))
    assert shop.newest_invoice(held).status == "paid"


def test_a_customers_usual_card_will_do(shop, customer):
    card = shop.card_of(customer)
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": card.id}})
    held = begin(shop, customer)
    assert (held.status, held.default_payment_method) == ("active", None)


def test_without_any_card_it_is_refused(shop, customer):
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        begin(shop, customer)
    assert shop.stripe.subscriptions.list({"customer": customer, "status": "all"}).data == []


def test_what_costs_nothing_needs_none(shop, customer):
    held = shop.stripe.subscriptions.create({"customer": customer, "items": [{"price": shop.price(0).id}]})
    assert held.status == "active"


def test_a_trial_needs_none(shop, customer):
    held = begin(shop, customer, trial_period_days=7)
    assert (held.status, shop.newest_invoice(held).total) == ("trialing", 0)


@pytest.mark.parametrize(
    ("number", "behaviour", "attempts"),
    [(FAILS_LATER, "allow_incomplete", 1), (None, "default_incomplete", 0)],
)
def test_what_is_not_paid_waits_for_23_hours(shop, customer, number, behaviour, attempts):
    held = begin(shop, customer, number, payment_behavior=behaviour)
    invoice = shop.newest_invoice(held)
    assert (held.status, invoice.status, invoice.attempt_count) == ("incomplete", "open", attempts)
    assert (invoice.next_payment_attempt, invoice.auto_advance) == (None, False)
    shop.sandbox.advance(23 * HOUR - timedelta(seconds=1))
    assert shop.subscription(held).status == "incomplete"
    shop.sandbox.advance(timedelta(seconds=1))
    assert (shop.subscription(held).status, shop.newest_invoice(held).status) == ("incomplete_expired", "void")
    assert shop.told()[-1] == "customer.subscription.updated"
    shop.sandbox.advance(timedelta(days=60))
    assert len(shop.invoices(held)) == 1


def test_paid_in_time_it_runs(shop, customer):
    held = begin(shop, customer, payment_behavior="default_incomplete")
    shop.sandbox.advance(HOUR)
    shop.stripe.invoices.pay(held.latest_invoice, {"payment_method": shop.card_of(customer).id})
    shop.sandbox.advance(24 * HOUR)
    running = shop.subscription(held)
    assert (running.status, running["items"].data[0].current_period_start) == ("active", MARCH.timestamp())


def test_a_first_invoice_that_is_voided_takes_the_subscription_with_it(shop, customer):
    held = begin(shop, customer, payment_behavior="default_incomplete")
    shop.stripe.invoices.void_invoice(held.latest_invoice)
    assert shop.subscription(held).status == "incomplete_expired"


def test_all_or_nothing_is_a_card_error_and_nothing(shop, customer):
    with pytest.raises(stripe.CardError) as declined:
        begin(shop, customer, FAILS_LATER, payment_behavior="error_if_incomplete")
    error = declined.value.error
    assert (declined.value.http_status, error.type, error.code) == (402, "card_error", "card_declined")
    assert (error.decline_code, error.payment_intent.amount) == ("generic_decline", 2500)
    assert (error.charge.startswith("ch_"), error.payment_method.customer) == (True, customer)
    assert shop.stripe.subscriptions.list({"customer": customer, "status": "all"}).data == []


def test_it_can_be_for_one_period_only(shop, customer):
    held = begin(shop, customer, "4242424242424242", cancel_at_period_end=True)
    assert (held.status, held.cancel_at_period_end) == ("active", True)
    shop.sandbox.advance(timedelta(days=40))
    assert shop.subscription(held).status == "canceled"


def test_while_it_waits_little_of_it_can_be_changed(shop, customer):
    held = begin(shop, customer, payment_behavior="default_incomplete")
    card = shop.card_of(customer)
    assert shop.stripe.subscriptions.update(held.id, {"default_payment_method": card.id}).status == "incomplete"
    with pytest.raises(stripe.InvalidRequestError, match="incomplete"):
        shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})


@pytest.mark.parametrize(
    ("items", "complaint"),
    [
        (lambda shop: [{"price": "price_x"}], "No such price"),
        (lambda shop: [{"price": shop.price(interval=None).id}], "recurring"),
        (lambda shop: [{"price": shop.price().id}, {"price": shop.price(interval="year").id}], "same billing interval"),
    ],
)
def test_what_cannot_be_billed_is_refused(shop, customer, items, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.subscriptions.create({"customer": customer, "items": items(shop)})


def test_nobody_elses_card_is_charged(shop, customer):
    other = shop.card_of(shop.customer().id)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        begin(shop, customer, default_payment_method=other.id)

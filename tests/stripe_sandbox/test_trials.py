"""Free trials: told before they end, and what comes after, with a card and without."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.shop import FAILS_LATER
from webapp.stripe_sandbox.checkout_payment import PaymentEnd

MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def without_card(then: str) -> dict:
    return {
        "trial_period_days": 7,
        "trial_settings": {"end_behavior": {"missing_payment_method": then}},
    }


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


@pytest.fixture
def held(shop):
    return shop.subscribe(subscription_data={"trial_period_days": 7})


def cardless(shop, then: str) -> stripe.Subscription:
    """Begin a trial in Checkout without leaving a card."""
    opened = shop.subscription_session(payment_method_collection="if_required", subscription_data=without_card(then))
    outcome = shop.sandbox.pay(opened.id)
    assert outcome.end is PaymentEnd.PAID
    return shop.stripe.subscriptions.retrieve(shop.look(opened).subscription)


def test_its_end_is_told_three_days_before(shop, held):
    shop.sandbox.advance(4 * DAY - HOUR)
    assert shop.events(type="customer.subscription.trial_will_end") == []
    shop.sandbox.advance(HOUR)
    (told,) = shop.events(type="customer.subscription.trial_will_end")
    assert (told.data.object["id"], told.created) == (held.id, (MARCH + 4 * DAY).timestamp())


def test_or_at_once_where_it_is_nearer(shop):
    held = shop.subscribe(subscription_data={"trial_period_days": 2})
    (told,) = shop.events(type="customer.subscription.trial_will_end")
    assert (told.data.object["id"], told.created) == (held.id, MARCH.timestamp())


def test_after_it_the_first_period_is_paid(shop, held):
    shop.sandbox.advance(7 * DAY)
    running = shop.subscription(held)
    draft = shop.newest_invoice(held)
    assert running.status == "active"
    assert running["items"].data[0].current_period_end == datetime(2027, 4, 22, 12, tzinfo=UTC).timestamp()
    assert (draft.status, draft.billing_reason, draft.total) == ("draft", "subscription_cycle", 2500)
    shop.sandbox.advance(HOUR)
    assert shop.newest_invoice(held).status == "paid"


def test_a_card_that_fails_then_puts_it_behind(shop):
    held = shop.subscribe(number=FAILS_LATER, subscription_data={"trial_period_days": 7})
    shop.sandbox.advance(7 * DAY + HOUR)
    assert shop.subscription(held).status == "past_due"


def test_checkout_asks_for_no_card_where_none_is_required(shop):
    held = cardless(shop, "create_invoice")
    assert (held.status, held.default_payment_method) == ("trialing", None)
    assert held.trial_settings.end_behavior.missing_payment_method == "create_invoice"
    opened = shop.subscription_session(payment_method_collection="if_required")
    assert shop.sandbox.pay(opened.id).end is PaymentEnd.INVALID, "without a trial there is something to pay"
    with pytest.raises(stripe.InvalidRequestError, match="subscription"):
        shop.pass_session(payment_method_collection="if_required")


@pytest.mark.parametrize(
    ("then", "status", "invoices", "told"),
    [
        ("create_invoice", "past_due", ["open", "paid"], "customer.subscription.updated"),
        ("pause", "paused", ["paid"], "customer.subscription.paused"),
        ("cancel", "canceled", ["paid"], "customer.subscription.deleted"),
    ],
)
def test_without_a_card_it_goes_as_was_chosen(shop, then, status, invoices, told):
    held = cardless(shop, then)
    shop.sandbox.advance(7 * DAY + HOUR)
    assert shop.subscription(held).status == status
    assert [invoice.status for invoice in shop.invoices(held)] == invoices
    assert shop.told()[-1] == told


def test_a_card_left_during_the_trial_is_charged(shop):
    held = cardless(shop, "cancel")
    card = shop.card_of(held.customer)
    shop.stripe.customers.update(held.customer, {"invoice_settings": {"default_payment_method": card.id}})
    shop.sandbox.advance(7 * DAY + HOUR)
    assert (shop.subscription(held).status, shop.newest_invoice(held).status) == ("active", "paid")


def test_what_is_paused_stands_still(shop):
    held = cardless(shop, "pause")
    shop.sandbox.advance(90 * DAY)
    assert len(shop.invoices(held)) == 1
    assert shop.subscription(held).status == "paused"


def test_and_begins_anew_when_it_is_resumed(shop):
    held = cardless(shop, "pause")
    shop.sandbox.advance(10 * DAY)
    card = shop.card_of(held.customer)
    shop.stripe.subscriptions.update(held.id, {"default_payment_method": card.id})
    resumed = shop.stripe.subscriptions.resume(held.id)
    (item,) = resumed["items"].data
    assert (resumed.status, resumed.billing_cycle_anchor) == ("active", (MARCH + 10 * DAY).timestamp())
    assert item.current_period_end == datetime(2027, 4, 25, 12, tzinfo=UTC).timestamp()
    assert (shop.newest_invoice(held).status, shop.newest_invoice(held).amount_paid) == ("paid", 2500)
    assert "customer.subscription.resumed" in shop.told()
    shop.sandbox.advance(32 * DAY)
    assert len(shop.invoices(held)) == 3, "and it renews again"


def test_resumed_without_a_card_it_is_past_due(shop):
    held = cardless(shop, "pause")
    shop.sandbox.advance(10 * DAY)
    assert shop.stripe.subscriptions.resume(held.id).status == "past_due"


def test_only_what_is_paused_is_resumed(shop, held):
    with pytest.raises(stripe.InvalidRequestError, match="Only paused"):
        shop.stripe.subscriptions.resume(held.id)


def test_a_trial_can_be_ended_now(shop, held):
    shop.sandbox.advance(DAY)
    running = shop.stripe.subscriptions.update(held.id, {"trial_end": "now"})
    assert (running.status, running.trial_end) == ("active", shop.now())
    assert running.billing_cycle_anchor == shop.now()
    assert (shop.newest_invoice(held).status, shop.newest_invoice(held).amount_paid) == ("paid", 2500)
    shop.sandbox.advance(10 * DAY)
    assert len(shop.events(type="customer.subscription.trial_will_end")) == 1
    assert len(shop.invoices(held)) == 2, "its old end means nothing any more"


def test_or_later(shop, held):
    later = int((MARCH + 30 * DAY).timestamp())
    longer = shop.stripe.subscriptions.update(held.id, {"trial_end": later})
    assert (longer.status, longer.trial_end, longer["items"].data[0].current_period_end) == ("trialing", later, later)
    shop.sandbox.advance(29 * DAY)
    assert shop.subscription(held).status == "trialing"
    assert [event.created for event in shop.events(type="customer.subscription.trial_will_end")] == [later - 3 * 86400]
    shop.sandbox.advance(DAY)
    assert shop.subscription(held).status == "active"


def test_what_is_paid_can_be_given_free_days(shop):
    held = shop.subscribe()
    later = int((MARCH + 60 * DAY).timestamp())
    free = shop.stripe.subscriptions.update(held.id, {"trial_end": later, "proration_behavior": "none"})
    assert (free.status, free.trial_start, free.trial_end) == ("trialing", MARCH.timestamp(), later)
    shop.sandbox.advance(59 * DAY)
    assert len(shop.invoices(held)) == 1
    assert shop.stripe.subscriptions.update(held.id, {"trial_end": "now"}).status == "active"
    assert shop.stripe.subscriptions.update(held.id, {"trial_end": "now"}).status == "active", "there is none any more"


def test_a_trial_does_not_end_in_the_past(shop, held):
    with pytest.raises(stripe.InvalidRequestError, match="future"):
        shop.stripe.subscriptions.update(held.id, {"trial_end": 1})


def test_how_it_ends_without_a_card_can_be_changed(shop, held):
    settings = {"trial_settings": {"end_behavior": {"missing_payment_method": "pause"}}}
    shop.stripe.subscriptions.update(held.id, {**settings, "default_payment_method": ""})
    shop.sandbox.advance(8 * DAY)
    assert shop.subscription(held).status == "paused"

"""Invoices that are sent instead of charged, what is paid without Stripe, and drafts that wait for their news."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.endpoint import listening
from tests.stripe_sandbox.shop import FAILS_LATER
from webapp.stripe_sandbox.webhook_delivery import WebhookDeliverer

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SENT = {"collection_method": "send_invoice", "days_until_due": 14}


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


def begin(shop, **params) -> stripe.Subscription:
    given = {"customer": shop.customer().id, "items": [{"price": shop.price().id}], **SENT}
    return shop.stripe.subscriptions.create(given | params)


def seconds(after: timedelta) -> int:
    return int((MARCH + after).timestamp())


def test_it_runs_from_the_beginning_and_its_invoice_waits_an_hour(shop):
    held = begin(shop)
    invoice = shop.newest_invoice(held)
    assert (held.status, held.collection_method, held.days_until_due) == ("active", "send_invoice", 14)
    assert (invoice.status, invoice.billing_reason, invoice.amount_due) == ("draft", "subscription_create", 2500)
    assert (invoice.collection_method, invoice.next_payment_attempt) == ("send_invoice", None)
    assert invoice.automatically_finalizes_at == seconds(HOUR)


def test_then_it_is_sent_and_nobody_is_charged(shop):
    held = begin(shop)
    before = len(shop.told())
    shop.sandbox.advance(HOUR)
    invoice = shop.newest_invoice(held)
    assert (invoice.status, invoice.due_date, invoice.attempt_count) == ("open", seconds(14 * DAY), 0)
    assert invoice.hosted_invoice_url
    assert shop.told()[before:] == ["payment_intent.created", "invoice.finalized", "invoice.sent"]
    assert shop.stripe.charges.list().data == []


def test_unpaid_on_its_due_date_it_puts_the_subscription_behind(shop):
    held = begin(shop)
    shop.sandbox.advance(14 * DAY - HOUR)
    assert shop.subscription(held).status == "active"
    shop.sandbox.advance(HOUR)
    assert shop.subscription(held).status == "past_due"
    assert shop.told()[-2:] == ["invoice.overdue", "customer.subscription.updated"]
    shop.stripe.invoices.pay(shop.newest_invoice(held).id, {"payment_method": shop.card_of(held.customer).id})
    assert shop.subscription(held).status == "active"


def test_paid_in_time_it_is_not_overdue(shop):
    held = begin(shop)
    shop.sandbox.advance(HOUR)
    shop.stripe.invoices.pay(shop.newest_invoice(held).id, {"payment_method": shop.card_of(held.customer).id})
    shop.sandbox.advance(15 * DAY)
    assert "invoice.overdue" not in shop.told()
    assert shop.subscription(held).status == "active"


def test_renewals_are_sent_too(shop):
    held = begin(shop)
    shop.sandbox.advance(31 * DAY + HOUR)
    invoice = shop.newest_invoice(held)
    assert (invoice.status, invoice.billing_reason, invoice.due_date) == (
        "open",
        "subscription_cycle",
        seconds(45 * DAY),
    )
    assert shop.told().count("invoice.sent") == 2


@pytest.mark.parametrize("state", ["open", "uncollectible"])
def test_it_can_be_paid_without_stripe(shop, state):
    held = begin(shop)
    shop.sandbox.advance(HOUR)
    invoice = shop.newest_invoice(held)
    if state == "uncollectible":
        shop.stripe.invoices.mark_uncollectible(invoice.id)
    paid = shop.stripe.invoices.pay(invoice.id, {"paid_out_of_band": True, "expand": ["payments"]})
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 2500, 0)
    called_off, outside = paid.payments.data
    assert (called_off.status, outside.status, outside.amount_paid) == ("canceled", "paid", 2500)
    assert (outside.payment.type, "payment_intent" in outside.payment.to_dict()) == ("payment_record", False)
    assert shop.stripe.payment_intents.retrieve(called_off.payment.payment_intent).status == "canceled"
    assert shop.stripe.charges.list().data == []
    assert shop.told()[-2:] == ["invoice.paid", "invoice.payment_succeeded"]


def test_a_first_invoice_paid_without_stripe_starts_what_waited_for_it(shop):
    given = {"customer": shop.customer().id, "items": [{"price": shop.price().id}]}
    held = shop.stripe.subscriptions.create({**given, "payment_behavior": "default_incomplete"})
    shop.stripe.invoices.pay(held.latest_invoice, {"paid_out_of_band": True})
    assert shop.subscription(held).status == "active"


def test_a_draft_is_paid_without_stripe_and_what_costs_nothing_is_paid_by_itself(shop):
    held = begin(shop)
    assert shop.stripe.invoices.pay(held.latest_invoice, {"paid_out_of_band": True}).status == "paid"
    free = begin(shop, items=[{"price": shop.price(0).id}])
    paid = shop.stripe.invoices.pay(free.latest_invoice, {"paid_out_of_band": True, "expand": ["payments"]})
    assert (paid.status, paid.payments.data) == ("paid", [])


def test_sent_by_hand_it_is_finalized_and_can_be_sent_again(shop):
    held = begin(shop)
    assert shop.stripe.invoices.send_invoice(held.latest_invoice).status == "open"
    shop.stripe.invoices.send_invoice(held.latest_invoice)
    assert shop.told().count("invoice.sent") == 2
    with pytest.raises(stripe.InvalidRequestError, match="collection method is 'send_invoice'"):
        shop.stripe.invoices.send_invoice(shop.subscribe().latest_invoice)


def test_a_draft_that_does_not_advance_is_not_sent(shop):
    held = begin(shop)
    assert shop.stripe.invoices.finalize_invoice(held.latest_invoice, {"auto_advance": False}).status == "open"
    assert "invoice.sent" not in shop.told()


def test_a_trial_that_is_billed_costs_nothing_and_is_paid(shop):
    held = begin(shop, trial_period_days=7)
    assert (held.status, shop.newest_invoice(held).status) == ("trialing", "paid")
    shop.sandbox.advance(7 * DAY + HOUR)
    assert (shop.newest_invoice(held).status, shop.newest_invoice(held).due_date) == ("open", seconds(21 * DAY))


def test_the_way_of_collecting_changes_with_the_next_invoice(shop):
    held = shop.subscribe()
    changed = shop.stripe.subscriptions.update(held.id, SENT)
    assert (changed.collection_method, changed.days_until_due) == ("send_invoice", 14)
    item = {"id": held["items"].data[0].id, "price": shop.price(5000).id}
    shop.stripe.subscriptions.update(held.id, {"items": [item], "proration_behavior": "always_invoice"})
    assert (shop.newest_invoice(held).status, shop.subscription(held).status) == ("open", "active")
    back = shop.stripe.subscriptions.update(held.id, {"collection_method": "charge_automatically"})
    assert (back.collection_method, back.days_until_due) == ("charge_automatically", None)
    shop.sandbox.advance(31 * DAY + HOUR)
    assert [one.status for one in shop.invoices(held)] == ["paid", "open", "paid"]


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"collection_method": "send_invoice"}, "days_until_due"),
        ({"days_until_due": 3}, "only set `days_until_due`"),
    ],
)
def test_how_long_there_is_to_pay_belongs_to_what_is_sent(shop, params, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.subscriptions.update(shop.subscribe().id, params)


def test_nothing_is_sent_to_nowhere(shop):
    with pytest.raises(stripe.InvalidRequestError, match="Missing email"):
        begin(shop, customer=shop.customer(email="").id)


# Drafts that wait for their news


def invoice_status(shop, held) -> str:
    return shop.newest_invoice(held).status


def test_a_draft_waits_while_the_endpoint_refuses_its_news(shop):
    held = shop.subscribe()
    with listening() as endpoint:
        postman = WebhookDeliverer(shop.sandbox, endpoint.url)
        postman.deliver_due()
        shop.sandbox.advance(31 * DAY)
        endpoint.statuses[:] = [500] * 9
        postman.deliver_due()
        shop.sandbox.advance(2 * HOUR)
        assert invoice_status(shop, held) == "draft"
        endpoint.statuses.clear()
        shop.sandbox.replay()
        postman.deliver_due()
        shop.sandbox.advance(HOUR)
        assert invoice_status(shop, held) == "paid"


def test_but_no_longer_than_three_days(shop):
    held = shop.subscribe(number=FAILS_LATER)
    with listening() as endpoint:
        postman = WebhookDeliverer(shop.sandbox, endpoint.url)
        shop.sandbox.advance(31 * DAY)
        endpoint.statuses[:] = [500] * 99
        postman.deliver_due()
        shop.sandbox.advance(71 * HOUR)
        assert invoice_status(shop, held) == "draft"
        shop.sandbox.advance(HOUR)
        assert invoice_status(shop, held) == "open"
        assert shop.subscription(held).status == "past_due"

"""What time does to a subscription: its period moves on, an invoice is written and charged an hour later."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

JANUARY = datetime(2027, 1, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def to(shop, moment: int) -> None:
    """Move the sandbox's time to a moment."""
    shop.sandbox.advance(timedelta(seconds=moment) - timedelta(seconds=shop.now()))


@pytest.fixture
def held(shop):
    with time_machine.travel(JANUARY, tick=False):
        yield shop.subscribe()


def test_at_the_end_of_the_period_the_next_begins_and_a_draft_is_written(shop, held):
    before = len(shop.told())
    to(shop, at(2027, 2, 28, 12))
    renewed = shop.subscription(held)
    (item,) = renewed["items"].data
    invoice = shop.stripe.invoices.retrieve(renewed.latest_invoice)
    (line,) = invoice.lines.data
    assert (item.current_period_start, item.current_period_end) == (at(2027, 2, 28, 12), at(2027, 3, 31, 12))
    assert (invoice.status, invoice.billing_reason, invoice.amount_due) == ("draft", "subscription_cycle", 2500)
    assert (line.period.start, line.period.end) == (at(2027, 2, 28, 12), at(2027, 3, 31, 12))
    assert (invoice.period_start, invoice.period_end) == (at(2027, 1, 31, 12), at(2027, 2, 28, 12))
    assert invoice.automatically_finalizes_at == invoice.next_payment_attempt == at(2027, 2, 28, 13)
    assert shop.told()[before:] == ["invoice.upcoming", "customer.subscription.updated", "invoice.created"]


def test_an_hour_later_it_is_charged_to_the_card_that_was_left(shop, held):
    to(shop, at(2027, 2, 28, 12))
    before = len(shop.told())
    shop.sandbox.advance(HOUR)
    invoice = shop.newest_invoice(held)
    (payment,) = shop.stripe.invoice_payments.list({"invoice": invoice.id}).data
    intent = shop.stripe.payment_intents.retrieve(payment.payment.payment_intent, {"expand": ["latest_charge"]})
    assert (invoice.status, invoice.amount_paid, invoice.attempt_count) == ("paid", 2500, 1)
    assert (invoice.auto_advance, invoice.next_payment_attempt) == (False, None)
    assert (intent.latest_charge.payment_method, intent.latest_charge.paid) == (held.default_payment_method, True)
    assert shop.told()[before:] == [
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ]


def test_the_31st_comes_back_after_every_shorter_month(shop, held):
    shop.sandbox.advance(timedelta(days=365))
    begins = [invoice.lines.data[0].period.start for invoice in shop.invoices(held)][::-1]
    days = [(2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31)]
    assert begins == [at(2027, 1, 31, 12), *(at(2027, *day, 12) for day in days), at(2028, 1, 31, 12)]


def test_in_a_leap_of_four_hundred_days_everything_happens_at_its_own_time(shop, held):
    shop.sandbox.advance(timedelta(days=400))
    told = [event.created for event in shop.all_events()]
    paid = [event for event in shop.all_events() if event.type == "invoice.paid"]
    assert told == sorted(told)
    assert len(paid) == 14
    assert paid[1].created == at(2027, 2, 28, 13)
    assert {invoice.status for invoice in shop.invoices(held)} == {"paid"}


def test_a_customers_usual_card_is_charged_where_the_subscription_names_none(shop, held):
    usual = shop.card_of(held.customer)
    shop.stripe.customers.update(held.customer, {"invoice_settings": {"default_payment_method": usual.id}})
    shop.stripe.subscriptions.update(held.id, {"default_payment_method": ""})
    shop.sandbox.advance(timedelta(days=29))
    charge = shop.stripe.charges.list({"customer": held.customer}).data[0]
    assert (charge.payment_method, charge.paid) == (usual.id, True)


@pytest.mark.parametrize("end", [{"cancel_at_period_end": True}, {"cancel_at": at(2027, 2, 28, 12)}])
def test_an_end_chosen_for_the_same_moment_wins(shop, held, end):
    shop.stripe.subscriptions.update(held.id, end)
    shop.sandbox.advance(timedelta(days=60))
    ended = shop.subscription(held)
    assert (ended.status, ended.ended_at) == ("canceled", at(2027, 2, 28, 12))
    assert len(shop.invoices(held)) == 1


def test_an_end_taken_back_leaves_the_renewal_in_place(shop, held):
    shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": False})
    shop.sandbox.advance(timedelta(days=29))
    assert [invoice.status for invoice in shop.invoices(held)] == ["paid", "paid"]


def test_what_was_cancelled_in_its_draft_hour_is_never_charged(shop, held):
    to(shop, at(2027, 2, 28, 12))
    shop.stripe.subscriptions.cancel(held.id)
    shop.sandbox.advance(timedelta(days=90))
    draft = shop.newest_invoice(held)
    assert (draft.status, draft.auto_advance, draft.automatically_finalizes_at) == ("draft", False, None)
    assert len(shop.stripe.charges.list({"customer": held.customer}).data) == 1


def test_a_draft_that_was_finalized_by_hand_is_charged_at_its_hour_all_the_same(shop, held):
    to(shop, at(2027, 2, 28, 12))
    opened = shop.stripe.invoices.finalize_invoice(shop.newest_invoice(held).id)
    assert (opened.status, opened.hosted_invoice_url.rsplit("/", 1)) == (
        "open",
        ["http://127.0.0.1:8000/sandbox/invoice", opened.id],
    )
    shop.sandbox.advance(HOUR)
    assert shop.stripe.invoices.retrieve(opened.id).status == "paid"


def test_or_not_when_that_was_asked_for(shop, held):
    to(shop, at(2027, 2, 28, 12))
    shop.stripe.invoices.finalize_invoice(shop.newest_invoice(held).id, {"auto_advance": False})
    shop.sandbox.advance(timedelta(days=2))
    assert shop.newest_invoice(held).status == "open"


def test_what_is_finalized_or_paid_already_is_neither_again(shop, held):
    invoice = shop.newest_invoice(held)
    for attempt in (
        lambda: shop.stripe.invoices.finalize_invoice(invoice.id),
        lambda: shop.stripe.invoices.pay(invoice.id),
        lambda: shop.stripe.invoices.void_invoice(invoice.id),
        lambda: shop.stripe.invoices.mark_uncollectible(invoice.id),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="This invoice is paid"):
            attempt()

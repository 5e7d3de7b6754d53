"""A charge that fails, its retries, and what becomes of the subscription in the end."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.shop import DECLINED, FAILS_LATER

MARCH = datetime(2027, 3, 15, 12, tzinfo=UTC)
FIRST_TRY = datetime(2027, 4, 15, 13, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def held(shop):
    with time_machine.travel(MARCH, tick=False):
        yield shop.subscribe(number=FAILS_LATER)


@pytest.fixture
def behind(shop, held):
    shop.sandbox.advance(FIRST_TRY - MARCH)
    return held


def standing(shop, held) -> tuple[str, str, int]:
    invoice = shop.newest_invoice(held)
    return shop.subscription(held).status, invoice.status, invoice.attempt_count


def test_a_failed_renewal_is_told_and_puts_the_subscription_behind(shop, held):
    shop.sandbox.advance(FIRST_TRY - MARCH - MINUTE)
    before = len(shop.told())
    shop.sandbox.advance(MINUTE)
    invoice = shop.newest_invoice(held)
    assert standing(shop, held) == ("past_due", "open", 1)
    assert (invoice.attempted, invoice.amount_remaining) == (True, 2500)
    assert invoice.next_payment_attempt == (FIRST_TRY + 3 * DAY).timestamp()
    assert shop.stripe.customers.retrieve(held.customer).delinquent is True
    assert shop.told()[before:] == [
        "payment_intent.created",
        "invoice.finalized",
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
        "customer.updated",
        "customer.subscription.updated",
    ]


def test_it_is_tried_again_three_five_and_seven_days_after_the_time_before(shop, behind):
    shop.sandbox.set_dunning_end("past_due")
    shop.sandbox.advance(30 * DAY - 2 * timedelta(hours=1))
    tries = [event.created for event in shop.events(type="invoice.payment_failed")]
    assert tries == [(FIRST_TRY + days * DAY).timestamp() for days in (0, 3, 8, 15)]


@pytest.mark.parametrize(
    ("end", "status", "left"),
    [("cancel", "canceled", "open"), ("unpaid", "unpaid", "open"), ("past_due", "past_due", "open")],
)
def test_after_the_last_try_it_ends_as_was_chosen(shop, behind, end, status, left):
    shop.sandbox.set_dunning_end(end)
    shop.sandbox.advance(15 * DAY - MINUTE)
    assert shop.subscription(behind).status == "past_due"
    shop.sandbox.advance(MINUTE)
    assert standing(shop, behind) == (status, left, 4)
    assert shop.newest_invoice(behind).next_payment_attempt is None


def test_without_a_choice_it_is_cancelled_for_want_of_payment(shop, behind):
    shop.sandbox.advance(15 * DAY)
    ended = shop.subscription(behind)
    assert (ended.status, ended.ended_at) == ("canceled", (FIRST_TRY + 15 * DAY).timestamp())
    assert ended.cancellation_details.reason == "payment_failed"


def test_another_end_than_these_is_refused(sandbox):
    with pytest.raises(ValueError, match="forgive"):
        sandbox.set_dunning_end("forgive")


def test_a_good_card_left_in_time_is_charged_at_the_next_try(shop, behind):
    good = shop.card_of(behind.customer)
    shop.stripe.subscriptions.update(behind.id, {"default_payment_method": good.id})
    shop.sandbox.advance(3 * DAY)
    assert standing(shop, behind) == ("active", "paid", 2)
    assert shop.stripe.customers.retrieve(behind.customer).delinquent is False


@pytest.mark.parametrize("end", ["unpaid", "past_due"])
def test_paying_by_hand_brings_it_back_at_any_time(shop, behind, end):
    shop.sandbox.set_dunning_end(end)
    shop.sandbox.advance(16 * DAY)
    paid = shop.stripe.invoices.pay(
        shop.newest_invoice(behind).id, {"payment_method": shop.card_of(behind.customer).id}
    )
    assert (paid.status, paid.attempt_count) == ("paid", 4), "a try by hand does not count after the first"
    assert shop.subscription(behind).status == "active"


def test_a_try_by_hand_that_fails_is_a_card_error_and_stays_in_the_books(shop, behind):
    invoice = shop.newest_invoice(behind)
    with pytest.raises(stripe.CardError) as declined:
        shop.stripe.invoices.pay(invoice.id)
    error = declined.value.error
    assert (declined.value.http_status, error.code, error.decline_code) == (402, "card_declined", "generic_decline")
    assert shop.stripe.charges.retrieve(error.charge).status == "failed"
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_method.id == behind.default_payment_method
    assert len(shop.events(type="invoice.payment_failed")) == 2
    after = shop.stripe.invoices.retrieve(invoice.id)
    assert (after.attempt_count, after.next_payment_attempt) == (1, invoice.next_payment_attempt)


def test_a_repeated_try_under_the_same_key_is_the_same_try(shop, behind):
    invoice = shop.newest_invoice(behind)
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            shop.stripe.invoices.pay(invoice.id, None, {"idempotency_key": "once"})
    assert len(shop.events(type="charge.failed")) == 2


def test_while_it_is_behind_the_periods_move_on_and_are_billed(shop, behind):
    shop.sandbox.set_dunning_end("past_due")
    shop.sandbox.advance(61 * DAY)
    (item,) = shop.subscription(behind)["items"].data
    assert item.current_period_start == datetime(2027, 6, 15, 12, tzinfo=UTC).timestamp()
    assert [invoice.status for invoice in shop.invoices(behind)] == ["open", "open", "open", "paid"]


def test_the_newest_invoice_decides_whether_it_is_behind(shop, behind):
    shop.sandbox.set_dunning_end("past_due")
    shop.sandbox.advance(31 * DAY)
    newer, older, _first = shop.invoices(behind)
    good = {"payment_method": shop.card_of(behind.customer).id}
    shop.stripe.invoices.pay(older.id, good)
    assert shop.subscription(behind).status == "past_due"
    shop.stripe.invoices.pay(newer.id, good)
    assert shop.subscription(behind).status == "active"


@pytest.mark.parametrize("close", ["void_invoice", "mark_uncollectible"])
def test_an_invoice_that_is_owed_no_longer_brings_it_back_too(shop, behind, close):
    invoice = getattr(shop.stripe.invoices, close)(shop.newest_invoice(behind).id)
    assert invoice.status in {"void", "uncollectible"}
    assert shop.subscription(behind).status == "active"
    shop.sandbox.advance(20 * DAY)
    assert shop.stripe.invoices.retrieve(invoice.id).attempt_count == 1, "it is not tried again"


def test_a_voided_invoice_calls_its_payment_off(shop, behind):
    invoice = shop.stripe.invoices.void_invoice(shop.newest_invoice(behind).id, {"expand": ["payments"]})
    (payment,) = invoice.payments.data
    assert payment.status == "canceled"
    assert shop.stripe.payment_intents.retrieve(payment.payment.payment_intent).status == "canceled"


def test_a_bad_debt_can_still_be_paid(shop, behind):
    invoice = shop.stripe.invoices.mark_uncollectible(shop.newest_invoice(behind).id)
    paid = shop.stripe.invoices.pay(invoice.id, {"payment_method": shop.card_of(behind.customer).id})
    assert paid.status == "paid"


def test_what_is_unpaid_is_billed_in_drafts_that_nobody_collects(shop, behind):
    shop.sandbox.set_dunning_end("unpaid")
    shop.sandbox.advance(45 * DAY)
    assert [invoice.status for invoice in shop.invoices(behind)] == ["draft", "open", "paid"]
    assert shop.invoices(behind)[0].auto_advance is False
    assert shop.subscription(behind).status == "unpaid"


def test_a_draft_can_be_paid_by_hand(shop, behind):
    shop.sandbox.set_dunning_end("unpaid")
    shop.sandbox.advance(45 * DAY)
    draft = shop.newest_invoice(behind)
    paid = shop.stripe.invoices.pay(draft.id, {"payment_method": shop.card_of(behind.customer).id})
    assert (paid.status, paid.number is not None) == ("paid", True)
    assert shop.subscription(behind).status == "active"


def test_what_was_cancelled_can_be_paid_and_stays_cancelled(shop, behind):
    good = shop.card_of(behind.customer)
    shop.stripe.subscriptions.cancel(behind.id)
    invoice = shop.newest_invoice(behind)
    assert (invoice.status, invoice.auto_advance, invoice.next_payment_attempt) == ("open", False, None)
    shop.sandbox.advance(20 * DAY)
    assert shop.newest_invoice(behind).attempt_count == 1
    shop.stripe.invoices.pay(invoice.id, {"payment_method": good.id})
    assert shop.events(type="invoice.paid")[-1].data.object["id"] == invoice.id
    assert shop.subscription(behind).status == "canceled"


def test_what_was_finalized_after_its_end_outlives_even_the_customer(shop, held):
    shop.sandbox.advance(FIRST_TRY - MARCH - timedelta(hours=1))
    shop.stripe.subscriptions.cancel(held.id)
    shop.stripe.subscriptions.update(held.id, {"metadata": {"a": "b"}})
    shop.stripe.invoices.finalize_invoice(shop.newest_invoice(held).id, {"auto_advance": True})
    shop.stripe.customers.delete(held.customer)
    shop.sandbox.advance(DAY)
    assert standing(shop, held) == ("canceled", "open", 1)


def test_a_card_that_is_gone_is_a_failed_charge_without_a_charge(shop, held):
    shop.stripe.payment_methods.detach(held.default_payment_method)
    shop.sandbox.advance(FIRST_TRY - MARCH)
    assert standing(shop, held) == ("past_due", "open", 1)
    assert shop.events(type="charge.failed") == []
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        shop.stripe.invoices.pay(shop.newest_invoice(held).id)


def test_a_bank_that_says_no_lets_no_card_be_kept(shop):
    customer, method = shop.customer(), shop.card(DECLINED)
    with pytest.raises(stripe.CardError, match="declined"):
        shop.stripe.payment_methods.attach(method.id, {"customer": customer.id})
    assert shop.stripe.payment_methods.list({"customer": customer.id}).data == []


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_year": 2020}, "invalid_expiry_year"),
        ({"cvc": "1"}, "invalid_cvc"),
    ],
)
def test_a_card_that_is_none_is_refused(shop, card, code):
    with pytest.raises(stripe.CardError) as refused:
        shop.card(**card)
    assert refused.value.code == code


def test_a_card_belongs_to_one_customer(shop):
    mine, yours = shop.customer(), shop.customer()
    card = shop.card_of(mine.id)
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        shop.stripe.payment_methods.attach(card.id, {"customer": yours.id})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        shop.stripe.customers.update(yours.id, {"invoice_settings": {"default_payment_method": card.id}})
    shop.stripe.payment_methods.detach(card.id)
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        shop.stripe.payment_methods.detach(card.id)

"""What a credit gives back: a share of what was billed, which it names; nothing for what was never billed."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = {"billing_cycle_anchor": {"type": "now"}}


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


@pytest.fixture
def held(shop):
    return shop.subscribe()


def change(shop, held, amount=None, behaviour="always_invoice", interval="month", **params) -> stripe.Invoice:
    """Change a subscription, to another price where there is an amount; return its newest invoice."""
    items = {"items": [{"id": held["items"].data[0].id, "price": shop.price(amount, interval).id}]} if amount else {}
    shop.stripe.subscriptions.update(held.id, {**items, "proration_behavior": behaviour, **params})
    return shop.newest_invoice(held)


def credited(line: stripe.InvoiceLineItem) -> dict | None:
    details = line.parent.subscription_item_details.proration_details.to_dict()
    return details["credited_items"]


def test_a_credit_names_the_line_that_it_takes_back(shop, held):
    bought = shop.newest_invoice(held)
    shop.sandbox.advance(10 * DAY)
    credit, debit = change(shop, held, 5000).lines.data
    assert credited(credit) == {"invoice": bought.id, "invoice_line_items": [bought.lines.data[0].id]}
    assert credited(debit) is None
    assert (credit.period.start, credit.period.end) == (shop.now(), bought.lines.data[0].period.end)
    assert credit.parent.subscription_item_details.subscription_item == held["items"].data[0].id
    assert [credit.discountable, debit.discountable] == [False, True]


def test_the_next_credit_takes_back_what_came_in_its_place(shop, held):
    shop.sandbox.advance(10 * DAY)
    first = change(shop, held, 5000)
    shop.sandbox.advance(10 * DAY)
    credit, _debit = change(shop, held, 2500).lines.data
    assert credited(credit) == {"invoice": first.id, "invoice_line_items": [first.lines.data[1].id]}
    assert credit.amount == -1774, "11 of the 21 days that 3387 was billed for"


def test_after_another_interval_it_is_the_new_period_that_is_taken_back(shop, held):
    shop.sandbox.advance(10 * DAY)
    year = change(shop, held, 20000, interval="year")
    credit, _month = change(shop, held, 2500).lines.data
    assert (credit.amount, credited(credit)["invoice_line_items"]) == (-20000, [year.lines.data[1].id])


def test_what_was_reduced_is_given_back_as_far_as_it_was_billed(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 40, "duration": "once"})
    held = shop.subscribe(discounts=[{"coupon": coupon.id}])
    assert [line.amount for line in change(shop, held, 5000).lines.data] == [-1500, 5000]


def test_what_cost_nothing_gives_nothing_back(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 100, "duration": "once"})
    held = shop.subscribe(discounts=[{"coupon": coupon.id}])
    assert [line.amount for line in change(shop, held, 5000).lines.data] == [0, 5000]


def test_a_voided_bill_gives_nothing_back(shop, held):
    upgrade = change(shop, held, 5000, payment_behavior="default_incomplete")
    shop.stripe.invoices.void_invoice(upgrade.id)
    credit, _debit = change(shop, held, 9900).lines.data
    assert credit.amount == -2500, "the month that was paid for stands, the upgrade does not"


@pytest.mark.parametrize("amount", [100, 9900])
def test_without_proration_stripe_bills_nothing_and_writes_nothing(shop, held, amount):
    known = shop.newest_invoice(held)
    shop.sandbox.advance(10 * DAY)
    assert change(shop, held, amount, behaviour="none").id == known.id
    credit, debit = change(shop, held, 5000).lines.data
    assert (credit.amount, credited(credit)["invoice"]) == (-1694, known.id), "of what was billed, not of the price"
    assert debit.amount == 3387


@pytest.mark.parametrize(
    ("behaviour", "amounts"),
    [("always_invoice", [-1694, 2500]), ("create_prorations", [-1694, 2500]), ("none", [2500])],
)
def test_a_cycle_can_begin_anew(shop, held, behaviour, amounts):
    shop.sandbox.advance(10 * DAY)
    invoice = change(shop, held, behaviour=behaviour, **NOW)
    assert [line.amount for line in invoice.lines.data] == amounts
    assert shop.subscription(held).billing_cycle_anchor == shop.now()
    shop.sandbox.advance(31 * DAY)
    assert shop.newest_invoice(held).period_end == shop.now()


def test_together_with_another_price(shop, held):
    shop.sandbox.advance(10 * DAY)
    assert [line.amount for line in change(shop, held, 5000, **NOW).lines.data] == [-1694, 5000]


def test_an_anchor_that_stays_changes_nothing(shop, held):
    change(shop, held, billing_cycle_anchor={"type": "unchanged"})
    assert len(shop.invoices(held)) == 1


def test_a_trial_in_between_gives_back_what_was_paid_and_bills_nothing_without_proration(shop, held):
    until = shop.now() + 20 * 86400
    invoice = change(shop, held, trial_end=until)
    (line,) = invoice.lines.data
    assert (line.amount, invoice.total, credited(line) is None) == (-2500, -2500, False)
    other = shop.subscribe()
    change(shop, other, behaviour="none", trial_end=until)
    assert len(shop.invoices(other)) == 1


def begin(shop, **params) -> stripe.Subscription:
    customer = shop.customer().id
    shop.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": shop.card_of(customer).id}})
    given = {"customer": customer, "items": [{"price": shop.price(3100).id}]}
    return shop.stripe.subscriptions.create(given | params)


def test_a_beginning_before_the_first_full_period_is_billed_for_its_days(shop):
    held = begin(shop, billing_cycle_anchor=shop.now() + 10 * 86400)
    (line,) = shop.newest_invoice(held).lines.data
    assert (held.status, line.amount, line.period.end - line.period.start) == ("active", 1107, 10 * 86400)
    shop.sandbox.advance(10 * DAY)
    assert shop.newest_invoice(held).total == 3100


def test_or_for_nothing_and_then_no_invoice_says_so(shop):
    held = begin(shop, billing_cycle_anchor=shop.now() + 10 * 86400, proration_behavior="none")
    assert (held.status, held.latest_invoice, shop.invoices(held)) == ("active", None, [])
    (item,) = held["items"].data
    assert item.current_period_end == held.billing_cycle_anchor == shop.now() + 10 * 86400
    assert [line.amount for line in change(shop, held, 6200).lines.data] == [2214], "never billed, so not given back"
    shop.sandbox.advance(10 * DAY)
    assert shop.newest_invoice(held).total == 6200


@pytest.mark.parametrize("days", [-1, 0, 32])
def test_it_begins_in_the_future_and_within_one_period(shop, days):
    with pytest.raises(stripe.InvalidRequestError, match="next natural billing date"):
        begin(shop, billing_cycle_anchor=shop.now() + days * 86400)


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"billing_cycle_anchor": 1, "trial_period_days": 3}, "either a trial"),
        ({"billing_cycle_anchor": "now"}, "Invalid integer"),
    ],
)
def test_what_the_sandbox_does_not_begin_is_refused(sandbox, shop, params, complaint):
    unchecked = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport()).v1
    given = {"customer": shop.customer().id, "items": [{"price": shop.price().id}], **params}
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        unchecked.subscriptions.create(given)


@pytest.mark.parametrize("days", [-1, 31])
def test_a_change_is_reckoned_within_the_period(shop, held, days):
    with pytest.raises(stripe.InvalidRequestError, match="outside of the subscription's current period"):
        change(shop, held, 5000, proration_date=shop.now() + days * 86400)


def test_in_a_trial_the_cycle_begins_with_its_end(shop):
    held = shop.subscribe(subscription_data={"trial_period_days": 7})
    with pytest.raises(stripe.InvalidRequestError, match="end of the trial"):
        change(shop, held, **NOW)


# An end at once


def test_an_end_at_once_can_leave_the_rest_as_credit(shop, held):
    bought = shop.newest_invoice(held)
    shop.sandbox.advance(10 * DAY)
    ended = shop.stripe.subscriptions.cancel(held.id, {"invoice_now": True, "prorate": True})
    invoice = shop.newest_invoice(held)
    (line,) = invoice.lines.data
    assert (ended.status, ended.latest_invoice) == ("canceled", invoice.id)
    assert (invoice.status, invoice.total, credited(line)["invoice"]) == ("paid", -1694, bought.id)
    assert shop.stripe.customers.retrieve(held.customer).balance == -1694


def test_or_nothing(shop, held):
    shop.stripe.subscriptions.cancel(held.id, {"invoice_now": True})
    assert (len(shop.invoices(held)), shop.stripe.customers.retrieve(held.customer).balance) == (1, 0)


def test_of_what_was_never_billed_there_is_no_rest(shop):
    held = shop.subscribe(subscription_data={"trial_period_days": 7})
    shop.stripe.subscriptions.cancel(held.id, {"invoice_now": True, "prorate": True})
    assert len(shop.invoices(held)) == 1


def test_a_credit_does_not_wait_for_an_invoice_that_may_never_come(shop, held):
    with pytest.raises(stripe.InvalidRequestError, match="at once or not at all"):
        shop.stripe.subscriptions.cancel(held.id, {"prorate": True})
    assert shop.subscription(held).status == "active"

"""Another plan in the middle of a period: what is given back, what is charged, and when it renews."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.shop import FAILS_LATER

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
AT_ONCE = {"proration_behavior": "always_invoice"}


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


@pytest.fixture
def held(shop):
    return shop.subscribe()


def switch(shop, held, price=None, **params) -> stripe.Subscription:
    """Switch to another price, which costs 5000 a month unless one is given."""
    (item,) = held["items"].data
    wanted = {"id": item.id, "price": (price or shop.price(5000)).id}
    return shop.stripe.subscriptions.update(held.id, {"items": [wanted], **AT_ONCE, **params})


def amounts(invoice: stripe.Invoice) -> list[tuple[int, bool]]:
    return [(line.amount, line.parent.subscription_item_details.proration) for line in invoice.lines.data]


def test_a_dearer_plan_is_charged_for_the_rest_of_the_period(shop, held):
    shop.sandbox.advance(10 * DAY)
    switched = switch(shop, held)
    invoice = shop.newest_invoice(held)
    assert switched.billing_cycle_anchor == held.billing_cycle_anchor
    assert switched["items"].data[0].price.unit_amount == 5000
    assert amounts(invoice) == [(-1694, True), (3387, True)], "21 of 31 days"
    assert (invoice.billing_reason, invoice.status, invoice.amount_paid) == ("subscription_update", "paid", 1693)
    (line, _charge) = invoice.lines.data
    assert (line.period.start, line.period.end) == (shop.now(), held["items"].data[0].current_period_end)
    shop.sandbox.advance(22 * DAY)
    assert shop.newest_invoice(held).total == 5000


def test_it_is_reckoned_by_the_second(shop, held):
    shop.sandbox.advance(timedelta(seconds=31 * 86400 - 1))
    switch(shop, held, shop.price(2_678_400 * 3))
    assert amounts(shop.newest_invoice(held)) == [(0, True), (3, True)]


def test_a_cheaper_plan_leaves_a_credit_for_later_invoices(shop, held):
    switch(shop, held, shop.price(500))
    invoice = shop.newest_invoice(held)
    assert (invoice.total, invoice.amount_due, invoice.status) == (-2000, 0, "paid")
    assert (invoice.starting_balance, invoice.ending_balance) == (0, -2000)
    assert shop.stripe.customers.retrieve(held.customer).balance == -2000
    shop.sandbox.advance(124 * DAY)
    renewals = shop.invoices(held)[::-1][2:]
    assert [(one.starting_balance, one.ending_balance, one.amount_due) for one in renewals] == [
        (-2000, -1500, 0),
        (-1500, -1000, 0),
        (-1000, -500, 0),
        (-500, 0, 0),
    ]
    assert {one.status for one in renewals} == {"paid"}
    shop.sandbox.advance(31 * DAY)
    assert shop.newest_invoice(held).amount_paid == 500


def test_a_voided_invoice_gives_back_the_credit_that_it_used(shop, held):
    switch(shop, held, shop.price(2400))
    shop.stripe.subscriptions.update(held.id, {"default_payment_method": shop.card_of(held.customer, FAILS_LATER).id})
    shop.sandbox.advance(32 * DAY)
    invoice = shop.newest_invoice(held)
    assert (invoice.status, invoice.amount_due) == ("open", 2300)
    shop.stripe.invoices.void_invoice(invoice.id)
    assert shop.stripe.customers.retrieve(held.customer).balance == -100


def test_another_interval_begins_now_and_gives_back_what_was_not_used(shop, held):
    shop.sandbox.advance(10 * DAY)
    switched = switch(shop, held, shop.price(20000, "year"))
    (item,) = switched["items"].data
    assert (switched.billing_cycle_anchor, item.current_period_start) == (shop.now(), shop.now())
    assert item.current_period_end == datetime(2028, 3, 11, 12, tzinfo=UTC).timestamp()
    assert amounts(shop.newest_invoice(held)) == [(-1694, True), (20000, False)]
    shop.sandbox.advance(300 * DAY)
    assert len(shop.invoices(held)) == 2, "the month that was given up is not renewed"


@pytest.mark.parametrize(("interval", "invoices"), [("month", 1), ("year", 2)])
def test_without_proration_nothing_is_given_back(shop, held, interval, invoices):
    switch(shop, held, shop.price(5000, interval), proration_behavior="none")
    assert len(shop.invoices(held)) == invoices
    assert [line for line in shop.newest_invoice(held).lines.data if line.amount < 0] == []


def test_more_of_the_same_is_charged_for_the_rest(shop, held):
    (item,) = held["items"].data
    shop.stripe.subscriptions.update(held.id, {"items": [{"id": item.id, "quantity": 3}], **AT_ONCE})
    assert amounts(shop.newest_invoice(held)) == [(-2500, True), (7500, True)]


def test_the_same_again_costs_nothing(shop, held):
    switch(shop, held, held["items"].data[0].price)
    assert len(shop.invoices(held)) == 1


def test_in_a_trial_only_the_plan_changes(shop):
    held = shop.subscribe(subscription_data={"trial_period_days": 7})
    switched = switch(shop, held, shop.price(20000, "year"))
    assert (switched.status, switched.trial_end) == ("trialing", held.trial_end)
    assert len(shop.invoices(held)) == 1
    shop.sandbox.advance(8 * DAY)
    assert shop.newest_invoice(held).amount_paid == 20000


@pytest.fixture
def failing(shop):
    return shop.subscribe(number=FAILS_LATER)


def test_a_switch_that_cannot_be_charged_puts_it_behind_and_is_tried_again(shop, failing):
    switched = switch(shop, failing)
    invoice = shop.newest_invoice(failing)
    assert (switched.status, switched["items"].data[0].price.unit_amount) == ("past_due", 5000)
    assert (invoice.status, invoice.next_payment_attempt) == ("open", shop.now() + 3 * 86400)
    shop.stripe.subscriptions.update(failing.id, {"default_payment_method": shop.card_of(failing.customer).id})
    shop.sandbox.advance(3 * DAY)
    assert shop.subscription(failing).status == "active"


def test_or_is_not_made_at_all(shop, failing):
    before = shop.told()
    price = shop.price(5000)
    with pytest.raises(stripe.CardError, match="declined"):
        switch(shop, failing, price, payment_behavior="error_if_incomplete")
    assert shop.subscription(failing)["items"].data[0].price.unit_amount == 2500
    assert [told for told in shop.told()[len(before) :] if not told.startswith(("price", "product"))] == []


def test_or_waits_to_be_paid(shop, held):
    switched = switch(shop, held, payment_behavior="default_incomplete")
    invoice = shop.newest_invoice(held)
    assert (switched.status, invoice.status, invoice.attempt_count) == ("past_due", "open", 0)
    shop.stripe.invoices.pay(invoice.id)
    assert shop.subscription(held).status == "active"


def test_an_end_with_the_period_moves_with_it(shop, held):
    shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    switched = switch(shop, held, shop.price(20000, "year"))
    assert switched.cancel_at == switched["items"].data[0].current_period_end
    shop.sandbox.advance(40 * DAY)
    assert shop.subscription(held).status == "active"
    shop.sandbox.advance(330 * DAY)
    assert shop.subscription(held).status == "canceled"


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        (lambda shop, item: {"items": [{"id": item, "quantity": 2}]}, "at once or not at all"),
        (lambda shop, item: {"items": [{"id": "si_x"}], **AT_ONCE}, "Invalid subscription item"),
        (lambda shop, item: {"items": [{"id": item, "price": "price_x"}], **AT_ONCE}, "No such price"),
        (
            lambda shop, item: {"items": [{"id": item, "price": shop.price(interval=None).id}], **AT_ONCE},
            "active, recurring and in cny",
        ),
        (
            lambda shop, item: {"items": [{"id": item, "price": shop.price(currency="usd").id}], **AT_ONCE},
            "active, recurring and in cny",
        ),
        (lambda shop, item: {"items": [{"id": item}], "trial_end": "now"}, "either `items` or `trial_end`"),
        (lambda shop, item: {"default_payment_method": "pm_x"}, "No such payment_method"),
    ],
)
def test_what_makes_no_sense_is_refused(shop, held, params, complaint):
    (item,) = held["items"].data
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.subscriptions.update(held.id, params(shop, item.id))

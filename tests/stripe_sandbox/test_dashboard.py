"""What somebody does in Stripe's dashboard: the truth changes, and Stripe tells of it."""

from datetime import timedelta

import pytest

from webapp.kit.money import Money
from webapp.stripe_sandbox import dashboard
from webapp.stripe_sandbox.dashboard import InvoiceMark
from webapp.stripe_sandbox.stripe_errors import RefusedError

DAY = 24 * 60 * 60


@pytest.fixture
def at_stripe(shop):
    """Do something in the dashboard; return the object and what was told of."""

    def do(action, *arguments, **named):
        before = len(shop.all_events())
        with shop.sandbox.writing() as uow:
            made = action(uow, *arguments, **named)
        return made, shop.told()[before:]

    return do


def test_a_subscription_moves_to_another_price_and_is_renewed_at_that(shop, at_stripe):
    held = shop.subscribe()
    product = held["items"].data[0].price.product
    dearer = shop.stripe.prices.create(
        {"product": product, "unit_amount": 9900, "currency": "cny", "recurring": {"interval": "month"}}
    )
    changed, told = at_stripe(dashboard.change_price, held.id, dearer.id)
    assert changed["items"]["data"][0]["price"]["id"] == dearer.id
    assert told == ["customer.subscription.updated"]
    shop.sandbox.advance(timedelta(days=31, hours=2))
    assert shop.newest_invoice(held).amount_paid == 9900


@pytest.mark.parametrize(("prorate", "bills"), [(False, 0), (True, 1)])
def test_a_price_is_made_for_it(shop, at_stripe, prorate, bills):
    held = shop.subscribe()
    before = held["items"].data[0].price
    changed, told = at_stripe(dashboard.change_amount, held.id, 5000, prorate=prorate)
    price = changed["items"]["data"][0]["price"]
    assert (price["product"], price["unit_amount"], price["recurring"]["interval"]) == (before.product, 5000, "month")
    assert price["id"] != before.id
    assert told[:2] == ["price.created", "customer.subscription.updated"]
    assert told.count("invoice.paid") == bills


def test_another_interval_begins_a_new_period(shop, at_stripe):
    held = shop.subscribe()
    changed, told = at_stripe(dashboard.change_amount, held.id, 19800, "year")
    item = changed["items"]["data"][0]
    assert item["current_period_end"] - item["current_period_start"] >= 365 * DAY
    assert "invoice.paid" in told


def test_a_subscription_is_begun_by_hand(shop, at_stripe):
    customer, price = shop.customer(), shop.price()
    method = shop.card_of(customer.id)
    shop.stripe.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
    made, told = at_stripe(dashboard.create_subscription, customer.id, price.id, quantity=3)
    assert (made["status"], made["metadata"], made["items"]["data"][0]["quantity"]) == ("active", {}, 3)
    assert told[0] == "customer.subscription.created"
    free, _told = at_stripe(dashboard.create_subscription, customer.id, price.id, trial_days=7)
    assert (free["status"], free["trial_end"]) == ("trialing", free["created"] + 7 * DAY)


def test_one_is_billed_to_be_paid_later_and_then_charged_by_itself(shop, at_stripe):
    made, _told = at_stripe(dashboard.create_subscription, shop.customer().id, shop.price().id, days_until_due=30)
    assert (made["collection_method"], made["days_until_due"]) == ("send_invoice", 30)
    changed, told = at_stripe(dashboard.change_collection, made["id"], None)
    assert (changed["collection_method"], told) == ("charge_automatically", ["customer.subscription.updated"])


def test_collection_pauses_and_begins_again(shop, at_stripe):
    held = shop.subscribe()
    until = shop.now() + 5 * DAY
    paused, told = at_stripe(dashboard.pause_collection, held.id, "mark_uncollectible", until)
    assert paused["pause_collection"] == {"behavior": "mark_uncollectible", "resumes_at": until}
    assert told == ["customer.subscription.updated"]
    running, _told = at_stripe(dashboard.resume_collection, held.id)
    assert running["pause_collection"] is None


def test_the_billing_cycle_begins_anew_at_full_price(shop, at_stripe):
    held = shop.subscribe()
    shop.sandbox.advance(timedelta(days=10))
    changed, told = at_stripe(dashboard.move_billing_anchor, held.id)
    assert changed["billing_cycle_anchor"] == changed["items"]["data"][0]["current_period_start"] > held.start_date
    assert shop.newest_invoice(held).amount_paid == 2500
    assert told.count("invoice.paid") == 1


def test_the_anchor_moves_and_nothing_is_billed_until_then(shop, at_stripe):
    held = shop.subscribe()
    at = shop.now() + 50 * DAY
    changed, told = at_stripe(dashboard.move_billing_anchor, held.id, at)
    assert changed["items"]["data"][0]["current_period_end"] == at
    assert told == ["customer.subscription.updated"]
    shop.sandbox.advance(timedelta(days=49))
    assert len(shop.invoices(held)) == 1
    shop.sandbox.advance(timedelta(days=1, hours=2))
    assert len(shop.invoices(held)) == 2
    with pytest.raises(RefusedError, match="in the future"):
        at_stripe(dashboard.move_billing_anchor, held.id, shop.now())


def test_a_subscription_is_cancelled(shop, at_stripe):
    held = shop.subscribe()
    ending, _told = at_stripe(dashboard.cancel_subscription, held.id, at_period_end=True)
    assert ending["cancel_at_period_end"]
    ended, told = at_stripe(dashboard.cancel_subscription, held.id)
    assert (ended["status"], told[0]) == ("canceled", "customer.subscription.deleted")


@pytest.mark.parametrize(
    ("mark", "status", "event"),
    [
        (InvoiceMark.VOID, "void", "invoice.voided"),
        (InvoiceMark.UNCOLLECTIBLE, "uncollectible", "invoice.marked_uncollectible"),
        pytest.param(InvoiceMark.PAID, "paid", "invoice.paid"),
    ],
)
def test_an_invoice_is_marked(shop, at_stripe, mark, status, event):
    held = shop.subscribe(number="4000000000000341")
    shop.sandbox.advance(timedelta(days=31, hours=2))
    invoice = shop.newest_invoice(held)
    assert invoice.status == "open"
    marked, told = at_stripe(dashboard.mark_invoice, invoice.id, mark)
    assert marked["status"] == status
    assert event in told


def test_an_invoice_is_sent(shop, at_stripe):
    made, _told = at_stripe(dashboard.create_subscription, shop.customer().id, shop.price().id, days_until_due=30)
    sent, told = at_stripe(dashboard.mark_invoice, made["latest_invoice"], InvoiceMark.SENT)
    assert (sent["status"], told[-1]) == ("open", "invoice.sent")


def test_what_the_api_does_not_have_is_refused(shop, at_stripe):
    with pytest.raises(RefusedError, match="No such invoice"):
        at_stripe(dashboard.mark_invoice, "in_none", InvoiceMark.VOID)


def test_a_customer_is_deleted_and_its_subscriptions_end(shop, at_stripe):
    held = shop.subscribe()
    gone, told = at_stripe(dashboard.delete_customer, held.customer)
    assert gone["deleted"]
    assert told == ["customer.subscription.deleted", "customer.deleted"]


def test_a_payment_link_is_paid_with_a_reference_that_was_typed(shop, at_stripe):
    paid, told = at_stripe(dashboard.pay_payment_link, Money(100, "cny"), "purchase-1")
    assert (paid["status"], paid["payment_status"], paid["amount_total"]) == ("complete", "paid", 100)
    assert (paid["client_reference_id"], paid["customer"], paid["metadata"]) == ("purchase-1", None, {})
    assert paid["payment_link"].startswith("plink_")
    assert told[-1] == "checkout.session.completed"


@pytest.mark.parametrize(("interval", "mode"), [(None, "payment"), ("month", "subscription")])
def test_a_payment_link_may_sell_a_price_of_ours(shop, at_stripe, interval, mode):
    price = shop.price(interval=interval)
    paid, _told = at_stripe(dashboard.pay_payment_link, price.id, "purchase-1")
    assert (paid["mode"], paid["payment_status"], bool(paid["subscription"])) == (mode, "paid", mode == "subscription")


def test_what_there_is_is_listed(shop):
    held = shop.subscribe()
    with shop.sandbox.reading() as uow:
        assert list(dashboard.list_objects(uow, "subscription")) == [
            f"{held.id}\tsubscription\tactive\t\t{held.customer}"
        ]
        kinds = {line.split("\t")[1] for line in dashboard.list_objects(uow, None)}
    assert kinds >= {"charge", "checkout.session", "customer", "invoice", "price", "product"}
    assert "event" not in kinds

"""What the next invoice will say, told before: it is what that invoice then says."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.shop import FAILS_LATER, Shop

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SAID = (
    "amount_due",
    "amount_remaining",
    "collection_method",
    "currency",
    "customer",
    "discounts",
    "period_end",
    "period_start",
    "starting_balance",
    "status",
    "subtotal",
    "total",
    "total_discount_amounts",
)


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


def preview(shop: Shop, held: stripe.Subscription, **details) -> stripe.Invoice:
    given = {"subscription_details": details} if details else {}
    return shop.stripe.invoices.create_preview({"subscription": held.id, **given})


def said(invoice: stripe.Invoice) -> dict:
    """Return all that a preview promises; lines without the ids that they get when they are written."""
    body = invoice.to_dict()
    strangers = ("id", "invoice")
    lines = [{key: line[key] for key in line if key not in strangers} for line in body["lines"]["data"]]
    return {key: body[key] for key in SAID} | {"lines": lines}


def renew(shop: Shop, held: stripe.Subscription) -> None:
    """Let the present period end, where it has not."""
    end = shop.subscription(held)["items"].data[0].current_period_end
    shop.sandbox.advance(timedelta(seconds=max(0, end - shop.now())))


def item_of(shop: Shop, held: stripe.Subscription) -> str:
    return shop.subscription(held)["items"].data[0].id


def switched(shop: Shop, held: stripe.Subscription, price: stripe.Price, **params) -> dict:
    return {"items": [{"id": item_of(shop, held), "price": price.id}], "proration_behavior": "always_invoice", **params}


COUPONS = (
    {},
    {"percent_off": 100, "duration": "once"},
    {"percent_off": 33.3, "duration": "once"},
    {"amount_off": 700, "currency": "cny", "duration": "forever"},
    *({"percent_off": 20, "duration": "repeating", "duration_in_months": months} for months in (1, 2, 3)),
)


def live(shop: Shop, chance: random.Random) -> stripe.Subscription:
    """Return a subscription that has had a life of some months."""
    params = {}
    if chance.random() < 0.6:
        coupon = chance.choice(COUPONS)
        params |= {"discounts": [{"coupon": shop.stripe.coupons.create(coupon).id}]} if coupon else {}
    if chance.random() < 0.3:
        params["subscription_data"] = {"trial_period_days": chance.choice([1, 7, 40])}
    number = {"number": FAILS_LATER} if chance.random() < 0.2 else {}
    held = shop.subscribe(chance.choice(["month", "year"]), **number, **params)
    shop.sandbox.set_dunning_end("past_due")
    for _ in range(chance.randrange(4)):
        shop.sandbox.advance(chance.randrange(40) * DAY + timedelta(hours=2))
        if shop.subscription(held).status == "canceled":
            break
        change(shop, held, chance)
    return held


def change(shop: Shop, held: stripe.Subscription, chance: random.Random) -> None:
    """Do something to a subscription, having seen what it will cost."""
    price = shop.price(chance.choice([100, 2400, 9900]), chance.choice(["month", "month", "year"]))
    wanted = chance.choice(
        [
            switched(shop, held, price),
            switched(shop, held, price, proration_behavior="none"),
            {"items": [{"id": item_of(shop, held), "quantity": 3}], "proration_behavior": "always_invoice"},
            {"pause_collection": {"behavior": chance.choice(["void", "keep_as_draft"])}},
            {"pause_collection": ""},
            {"trial_end": shop.now() + 9 * 86400, "proration_behavior": "always_invoice"},
            {"cancel_at_period_end": True},
            {"cancel_at_period_end": False},
        ]
    )
    known = shop.invoices(held)[0].id
    told = None if "pause_collection" in wanted else asked(shop, held, **wanted)
    shop.stripe.subscriptions.update(held.id, wanted)
    made = shop.invoices(held)[0]
    if made.id != known:
        settled = {"amount_remaining", "status"}  # a bill of today is finalized and charged at once
        assert {key: value for key, value in said(made).items() if key not in settled} == {
            key: value for key, value in said(told).items() if key not in settled
        }


def asked(shop: Shop, held: stripe.Subscription, **details) -> stripe.Invoice | None:
    """Return what will be billed next, None when nothing will."""
    try:
        return preview(shop, held, **details)
    except stripe.InvalidRequestError as error:
        if (error.code, error.http_status) != ("invoice_upcoming_none", 404):
            raise
        return None


@pytest.mark.parametrize("seed", range(40))
def test_a_preview_is_what_the_next_invoice_says(shop, seed):
    chance = random.Random(seed)
    held = live(shop, chance)
    told, known = asked(shop, held), shop.invoices(held)[0].id
    renew(shop, held)
    made = shop.newest_invoice(held)
    if told is None:
        assert made.id == known
    else:
        assert made.id != known
        # What is set aside while collection is paused is voided at once: its amounts are those of its draft.
        assert said(made) | {"status": "draft"} == said(told)


def test_it_is_an_invoice_that_there_is_not(shop):
    held = shop.subscribe()
    before = shop.told()
    told = preview(shop, held)
    assert told.id.startswith("upcoming_in")
    assert (told.billing_reason, told.number, told.hosted_invoice_url) == ("upcoming", None, None)
    assert (told.created, told.next_payment_attempt - told.created) == (
        held["items"].data[0].current_period_end,
        3600,
    )
    with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
        shop.stripe.invoices.retrieve(told.id)
    assert len(shop.invoices(held)) == 1
    assert shop.told() == before
    assert preview(shop, held).total == 2500, "asking uses nothing up"


def test_it_uses_up_no_coupon(shop):
    once = shop.stripe.coupons.create({"percent_off": 50, "duration": "once"})
    held = shop.subscribe(discounts=[{"coupon": once.id}], subscription_data={"trial_period_days": 7})
    assert [preview(shop, held).total for _ in range(3)] == [1250] * 3
    shop.sandbox.advance(8 * DAY)
    assert (shop.newest_invoice(held).total, preview(shop, held).total) == (1250, 2500)


def test_the_end_of_a_coupon_is_foreseen(shop):
    months = {"percent_off": 20, "duration": "repeating", "duration_in_months": 2}
    held = shop.subscribe(discounts=[{"coupon": shop.stripe.coupons.create(months).id}])
    assert preview(shop, held).total == 2000
    shop.sandbox.advance(32 * DAY)
    assert preview(shop, held).total == 2500


def test_credit_is_counted_in(shop):
    held = shop.subscribe()
    shop.stripe.subscriptions.update(held.id, switched(shop, held, shop.price(2000)))
    told = preview(shop, held)
    assert (told.total, told.starting_balance, told.amount_due, told.ending_balance) == (2000, -500, 1500, None)


def test_a_switch_is_told_before_it_is_made(shop):
    held = shop.subscribe()
    shop.sandbox.advance(10 * DAY)
    wanted = switched(shop, held, shop.price(5000), proration_date=shop.now())
    told = preview(shop, held, **wanted)
    assert [line.amount for line in told.lines.data] == [-1694, 3387]
    shop.sandbox.advance(timedelta(minutes=5))
    shop.stripe.subscriptions.update(held.id, wanted)
    made = shop.newest_invoice(held)
    assert [line.amount for line in made.lines.data] == [-1694, 3387]
    assert {line.period.start for line in made.lines.data} == {wanted["proration_date"]}


def test_a_customers_next_invoice_is_that_of_what_renews_first(shop):
    customer = shop.customer().id
    shop.subscribe("year", customer=customer)
    monthly = shop.subscribe("month", customer=customer)
    told = shop.stripe.invoices.create_preview({"customer": customer})
    assert told.parent.subscription_details.subscription == monthly.id
    shop.stripe.subscriptions.cancel(monthly.id)
    assert shop.stripe.invoices.create_preview({"customer": customer}).period_end > told.period_end


@pytest.mark.parametrize("details", [{"cancel_at_period_end": True}, {"cancel_at": "min_period_end"}])
def test_nothing_comes_after_the_end(shop, details):
    held = shop.subscribe()
    assert asked(shop, held, **details) is None
    assert preview(shop, held).total == 2500, "which was only asked about"
    assert preview(shop, held, cancel_at=shop.now() + 40 * 86400).total == 2500


def test_nothing_comes_where_a_trial_ends_without_a_card(shop):
    waived = shop.subscription_session(
        payment_method_collection="if_required",
        subscription_data={
            "trial_period_days": 7,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        },
    )
    shop.sandbox.pay(waived.id)
    held = shop.stripe.subscriptions.retrieve(shop.look(waived).subscription)
    assert asked(shop, held) is None
    shop.stripe.subscriptions.update(held.id, {"default_payment_method": shop.card_of(held.customer).id})
    assert preview(shop, held).total == 2500


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        (lambda held: {}, "Missing required param"),
        (lambda held: {"subscription": "sub_x"}, "No such subscription"),
        (lambda held: {"customer": "cus_x"}, "No such customer"),
        (lambda held: {"subscription": held.id, "customer": "cus_x"}, "No such subscription"),
        (
            lambda held: {"subscription": held.id, "subscription_details": {"items": [{"id": "si_x"}]}},
            "Invalid subscription item",
        ),
    ],
)
def test_what_names_nothing_is_refused(shop, params, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.invoices.create_preview(params(shop.subscribe()))

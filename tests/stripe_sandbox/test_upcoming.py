"""The news of a renewal some days before: an invoice that is none yet."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

from tests.stripe_sandbox.endpoint import listening
from tests.stripe_sandbox.test_previewing import preview, said
from webapp.stripe_sandbox.webhook_delivery import WebhookDeliverer

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def march():
    with time_machine.travel(MARCH, tick=False):
        yield


def news(shop) -> list[stripe.Event]:
    return shop.events(type="invoice.upcoming")


def days(shop) -> list[int]:
    """Return the days since March 1st on which a renewal was announced."""
    return [(event.created - int(MARCH.timestamp())) // 86400 for event in news(shop)]


def test_a_week_before_each_renewal_it_is_told(shop):
    shop.subscribe()
    shop.sandbox.advance(24 * DAY - HOUR)
    assert news(shop) == []
    shop.sandbox.advance(60 * DAY)
    assert days(shop) == [24, 54]


def test_it_is_what_a_preview_says_without_an_id(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 20, "duration": "forever"}).id
    held = shop.subscribe(discounts=[{"coupon": coupon}])
    shop.sandbox.advance(25 * DAY)
    (event,) = news(shop)
    invoice = event.data.object
    assert "id" not in invoice.to_dict()
    assert [line["invoice"] for line in invoice.to_dict()["lines"]["data"]] == [None]
    assert (invoice.billing_reason, invoice.status, invoice.total) == ("upcoming", "draft", 2000)
    assert invoice.parent.subscription_details.subscription == held.id
    assert said(invoice) == said(preview(shop, held))


def test_it_goes_to_the_webhook_like_the_rest(shop):
    shop.subscribe()
    shop.sandbox.advance(25 * DAY)
    with listening() as endpoint:
        WebhookDeliverer(shop.sandbox, endpoint.url).deliver_due()
    told = [json.loads(body) for body, _signature in endpoint.received]
    assert told[-1]["type"] == "invoice.upcoming"
    assert "id" not in told[-1]["data"]["object"]


def test_of_a_trial_that_is_to_be_paid_it_is_told_too(shop):
    shop.subscribe(subscription_data={"trial_period_days": 14})
    shop.sandbox.advance(8 * DAY)
    assert (days(shop), news(shop)[0].data.object.amount_due) == ([7], 2500)


@pytest.mark.parametrize("end", ["at the end of the period", "at once"])
def test_of_what_ends_nothing_is_told(shop, end):
    held = shop.subscribe()
    if end == "at once":
        shop.stripe.subscriptions.cancel(held.id)
    else:
        shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    shop.sandbox.advance(40 * DAY)
    assert news(shop) == []


def test_another_period_is_told_at_its_own_time(shop):
    held = shop.subscribe()
    item = {"id": held["items"].data[0].id, "price": shop.price(20000, "year").id}
    shop.stripe.subscriptions.update(held.id, {"items": [item], "proration_behavior": "always_invoice"})
    shop.sandbox.advance(366 * DAY)
    assert days(shop) == [359]


def test_a_period_that_is_shorter_than_the_notice_is_not_told(shop):
    shop.subscribe("week")
    shop.sandbox.advance(30 * DAY)
    assert news(shop) == []


def test_how_many_days_before_is_chosen(shop):
    shop.sandbox.set_upcoming_days(3)
    shop.subscribe()
    shop.sandbox.advance(30 * DAY)
    assert days(shop) == [28]
    with pytest.raises(ValueError, match="3, 7, 15, 30, 45"):
        shop.sandbox.set_upcoming_days(4)

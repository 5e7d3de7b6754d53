"""Collection on pause: the subscription runs on, its invoices are set aside."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

MARCH = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def held(shop):
    with time_machine.travel(MARCH, tick=False):
        yield shop.subscribe()


def pause(shop, held, behavior: str = "void", **params) -> stripe.Subscription:
    return shop.stripe.subscriptions.update(held.id, {"pause_collection": {"behavior": behavior, **params}})


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
def test_its_invoices_are_set_aside_and_its_periods_move_on(shop, held, behavior, status):
    pause(shop, held, behavior)
    shop.sandbox.advance(62 * DAY)
    paused = shop.subscription(held)
    assert paused.status == "active"
    assert paused["items"].data[0].current_period_start == datetime(2027, 5, 1, 12, tzinfo=UTC).timestamp()
    assert [invoice.status for invoice in shop.invoices(held)] == [status, status, "paid"]
    assert len(shop.stripe.charges.list({"customer": held.customer}).data) == 1


def test_it_ends_when_it_was_to_end(shop, held):
    resumes_at = int((MARCH + 40 * DAY).timestamp())
    paused = pause(shop, held, resumes_at=resumes_at)
    assert (paused.pause_collection.behavior, paused.pause_collection.resumes_at) == ("void", resumes_at)
    shop.sandbox.advance(40 * DAY)
    assert shop.subscription(held).pause_collection is None
    told = shop.events(type="customer.subscription.updated")[-1]
    assert (told.created, told.data.previous_attributes["pause_collection"]["resumes_at"]) == (resumes_at, resumes_at)
    shop.sandbox.advance(25 * DAY)
    assert [invoice.status for invoice in shop.invoices(held)] == ["paid", "void", "paid"]


def test_it_can_be_ended_before(shop, held):
    pause(shop, held, resumes_at=int((MARCH + 90 * DAY).timestamp()))
    assert shop.stripe.subscriptions.update(held.id, {"pause_collection": ""}).pause_collection is None
    before = len(shop.told())
    shop.sandbox.advance(100 * DAY)
    updates = [told for told in shop.told()[before:] if told == "customer.subscription.updated"]
    assert [invoice.status for invoice in shop.invoices(held)] == ["paid"] * 4
    assert len(updates) == 3, "one for each renewal, and none for the end of the pause"


def test_a_switch_while_it_lasts_is_set_aside_too(shop, held):
    pause(shop, held)
    (item,) = held["items"].data
    wanted = {"id": item.id, "price": shop.price(5000).id}
    shop.stripe.subscriptions.update(held.id, {"items": [wanted], "proration_behavior": "always_invoice"})
    assert shop.newest_invoice(held).status == "void"
    assert shop.subscription(held).status == "active"


def test_it_does_not_end_in_the_past(shop, held):
    with pytest.raises(stripe.InvalidRequestError, match="future"):
        pause(shop, held, resumes_at=1)

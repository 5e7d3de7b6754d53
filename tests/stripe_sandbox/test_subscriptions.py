"""How subscriptions are cancelled, taken up again, and end."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe
import time_machine

JANUARY = datetime(2027, 1, 31, 12, tzinfo=UTC)
END = int(datetime(2027, 2, 28, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def held(shop):
    with time_machine.travel(JANUARY, tick=False):
        yield shop.subscribe()


def test_cancelled_at_the_period_end_it_runs_until_then_and_no_longer(shop, sandbox, held):
    changed = shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    assert (changed.status, changed.cancel_at_period_end, changed.cancel_at) == ("active", True, END)
    assert changed.cancellation_details.reason == "cancellation_requested"
    sandbox.advance(timedelta(days=28) - timedelta(seconds=1))
    assert shop.stripe.subscriptions.retrieve(held.id).status == "active"
    sandbox.advance(timedelta(seconds=1))
    ended = shop.stripe.subscriptions.retrieve(held.id)
    assert (ended.status, ended.ended_at, ended.canceled_at) == ("canceled", END, JANUARY.timestamp())
    assert shop.told()[-1] == "customer.subscription.deleted"


@pytest.mark.parametrize(("cancel_at", "expected"), [("min_period_end", END), (END - 3600, END - 3600)])
def test_a_chosen_end_leaves_the_flag_false(shop, held, cancel_at, expected):
    changed = shop.stripe.subscriptions.update(held.id, {"cancel_at": cancel_at})
    assert (changed.cancel_at, changed.cancel_at_period_end) == (expected, False)


@pytest.mark.parametrize("back", [{"cancel_at_period_end": False}, {"cancel_at": ""}])
def test_a_cancellation_can_be_taken_back(shop, sandbox, held, back):
    shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    changed = shop.stripe.subscriptions.update(held.id, back)
    assert (changed.cancel_at, changed.cancel_at_period_end, changed.canceled_at) == (None, False, None)
    sandbox.advance(timedelta(days=40))
    assert shop.stripe.subscriptions.retrieve(held.id).status == "active"


def test_cancelled_at_once_it_ends_at_once(shop, held):
    details = {"feedback": "too_expensive", "comment": "later, perhaps"}
    ended = shop.stripe.subscriptions.cancel(held.id, {"cancellation_details": details})
    assert (ended.status, ended.ended_at) == ("canceled", JANUARY.timestamp())
    told = details | {"feedback_option": None, "reason": "cancellation_requested"}
    assert ended.cancellation_details.to_dict() == told


def test_what_has_ended_is_not_cancelled_again_and_hardly_changed(shop, held):
    shop.stripe.subscriptions.cancel(held.id)
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        shop.stripe.subscriptions.cancel(held.id)
    with pytest.raises(stripe.InvalidRequestError, match="can only update"):
        shop.stripe.subscriptions.update(held.id, {"cancel_at_period_end": True})
    assert shop.stripe.subscriptions.update(held.id, {"metadata": {"a": "b"}}).metadata.to_dict() == {"a": "b"}


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"cancel_at": 1}, "in the future"),
        ({"cancel_at": END, "cancel_at_period_end": True}, "both"),
    ],
)
def test_an_end_that_makes_no_sense_is_refused(shop, held, params, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.subscriptions.update(held.id, params)


def test_a_deleted_customers_subscriptions_end(shop, held):
    shop.stripe.customers.delete(held.customer)
    assert shop.stripe.subscriptions.retrieve(held.id).status == "canceled"
    assert shop.stripe.customers.retrieve(held.customer).deleted is True
    assert shop.told()[-2:] == ["customer.subscription.deleted", "customer.deleted"]


def test_a_deleted_customer_can_neither_be_changed_nor_buy_nor_be_deleted_again(shop):
    customer = shop.customer()
    shop.stripe.customers.delete(customer.id)
    for attempt in (
        lambda: shop.stripe.customers.update(customer.id, {"name": "x"}),
        lambda: shop.stripe.customers.delete(customer.id),
        lambda: shop.pass_session(customer=customer.id),
        lambda: shop.stripe.billing_portal.sessions.create({"customer": customer.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            attempt()


@pytest.mark.parametrize(
    ("status", "found"),
    [(None, {"active"}), ("all", {"active", "canceled"}), ("ended", {"canceled"}), ("active", {"active"})],
)
def test_lists_leave_out_what_was_cancelled_unless_asked(shop, held, status, found):
    other = shop.subscribe()
    shop.stripe.subscriptions.cancel(other.id)
    listed = shop.stripe.subscriptions.list({"status": status} if status else None).data
    assert {subscription.status for subscription in listed} == found


def test_metadata_is_merged_key_by_key(shop, held):
    shop.stripe.subscriptions.update(held.id, {"metadata": {"a": "1", "b": "2"}})
    changed = shop.stripe.subscriptions.update(held.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert shop.stripe.subscriptions.update(held.id, {"metadata": ""}).metadata.to_dict() == {}

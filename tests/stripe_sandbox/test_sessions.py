"""Checkout sessions before anybody pays them."""

from datetime import timedelta

import pytest
import stripe

from tests.stripe_sandbox.shop import SUCCESS
from webapp.kit import clock
from webapp.stripe_sandbox.checkout_payment import PaymentEnd

HOUR = 3600
DESCRIBED = {"price_data": {"currency": "cny", "unit_amount": 1, "product_data": {"name": "x"}}, "quantity": 1}


def now() -> int:
    return int(clock.now().timestamp())


def test_an_open_session_shows_what_it_was_given(shop):
    customer = shop.customer(name="A Reader")
    session = shop.pass_session(
        customer=customer.id,
        client_reference_id="p-1",
        metadata={"purchase": "p-1"},
        cancel_url="http://127.0.0.1:8000/d/report",
        locale="zh",
        allow_promotion_codes=True,
    )
    assert session.url == f"http://127.0.0.1:8000/sandbox/checkout/{session.id}"
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 3000)
    assert (session.client_reference_id, session.metadata.to_dict()) == ("p-1", {"purchase": "p-1"})
    assert (session.cancel_url, session.locale) == ("http://127.0.0.1:8000/d/report", "zh")
    assert session.customer_details.email == customer.email
    assert session.livemode is False


def test_a_session_has_a_day_unless_it_is_told_otherwise(shop):
    assert shop.pass_session().expires_at - now() == pytest.approx(24 * HOUR, abs=2)
    assert shop.pass_session(expires_at=now() + HOUR).expires_at - now() == pytest.approx(HOUR, abs=2)


def test_a_session_past_its_time_is_expired_when_looked_at(shop, sandbox):
    session = shop.pass_session()
    sandbox.advance(timedelta(hours=24))
    seen = shop.look(session)
    assert (seen.status, seen.url) == ("expired", None)
    assert shop.pay(session).end is PaymentEnd.EXPIRED
    assert shop.stripe.charges.list().data == []


def test_the_expiry_is_told_with_the_moment_at_which_it_fell_due(shop, sandbox):
    session = shop.pass_session()
    sandbox.advance(timedelta(days=30))
    (event,) = shop.events(type="checkout.session.expired")
    assert (event.created, event.data.object["id"]) == (session.expires_at, session.id)
    assert (event.request.id, event.request.idempotency_key) == (None, None)


def test_a_paid_session_does_not_expire(shop, sandbox):
    session = shop.pass_session()
    shop.pay(session)
    sandbox.advance(timedelta(days=2))
    assert shop.look(session).status == "complete"


def test_a_session_can_be_closed_by_hand_and_only_once(shop):
    session = shop.pass_session()
    assert shop.stripe.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        shop.stripe.checkout.sessions.expire(session.id)


def test_a_described_price_is_made_and_not_for_sale_again(shop):
    session = shop.document_session()
    (item,) = shop.stripe.checkout.sessions.line_items.list(session.id).data
    assert (item.description, item.amount_total, item.quantity) == ("One report", 990, 1)
    assert item.price.active is False
    assert shop.stripe.products.retrieve(item.price.product).name == "One report"


def test_line_items_are_paged(shop):
    session = shop.stripe.checkout.sessions.create(
        {"mode": "payment", "line_items": [DESCRIBED] * 3, "success_url": SUCCESS}
    )
    page = shop.stripe.checkout.sessions.line_items.list(session.id, {"limit": 2})
    assert (len(page.data), page.has_more) == (2, True)
    assert len([*page.auto_paging_iter()]) == 3


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"mode": "setup"}, "must be one of payment, subscription"),
        ({"line_items": []}, "Missing required param: line_items"),
        ({"line_items": [{"quantity": 1}]}, "either `price` or `price_data`"),
        ({"line_items": [{k: v for k, v in DESCRIBED.items() if k != "quantity"}]}, r"line_items\[0\]\[quantity\]"),
        ({"line_items": [DESCRIBED | {"quantity": 0}]}, "greater than or equal to 1"),
        ({"line_items": [{"price": "price_unknown", "quantity": 1}]}, "No such price: 'price_unknown'"),
        ({"success_url": "somewhere"}, "Not a valid URL"),
        ({"customer": "cus_unknown"}, "No such customer: 'cus_unknown'"),
        ({"mode": "subscription"}, "recurring prices only"),
        ({"subscription_data": {"trial_period_days": 3}}, "can not pass `subscription_data` in `payment` mode"),
        ({"expires_at": 1}, "between 30 minutes and 24 hours"),
        ({"locale": "xx"}, "Invalid locale"),
        ({"client_reference_id": ""}, "empty string"),
    ],
)
def test_what_cannot_be_sold_is_refused(sandbox, changes, complaint):
    client = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport())
    params = {"mode": "payment", "line_items": [DESCRIBED], "success_url": SUCCESS}
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        client.v1.checkout.sessions.create(params | changes)


def test_a_refused_session_leaves_no_price_behind(shop):
    with pytest.raises(stripe.InvalidRequestError):
        shop.document_session(expires_at=now() + 1)
    assert shop.stripe.prices.list().data == []
    assert shop.stripe.products.list().data == []


def test_modes_and_prices_must_go_together(shop):
    recurring = [{"price": shop.price().id, "quantity": 1}]
    with pytest.raises(stripe.InvalidRequestError, match="passed a recurring price"):
        shop.stripe.checkout.sessions.create({"mode": "payment", "line_items": recurring, "success_url": SUCCESS})
    with pytest.raises(stripe.InvalidRequestError, match="WeChat Pay"):
        shop.subscription_session(payment_method_options={"wechat_pay": {"client": "web"}})


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        ({"currency": "cny"}, {"currency": "usd"}, "same currency"),
        ({"interval": "month"}, {"interval": "year"}, "same billing interval"),
    ],
)
def test_items_that_cannot_stand_on_one_bill_are_refused(shop, first, second, complaint):
    items = [{"price": shop.price(**params).id, "quantity": 1} for params in (first, second)]
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.checkout.sessions.create({"mode": "subscription", "line_items": items, "success_url": SUCCESS})


def test_a_retired_price_is_not_sold(shop):
    price = shop.price()
    shop.stripe.prices.update(price.id, {"active": False})
    line_items = [{"price": price.id, "quantity": 1}]
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        shop.stripe.checkout.sessions.create({"mode": "subscription", "line_items": line_items, "success_url": SUCCESS})

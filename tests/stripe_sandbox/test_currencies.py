"""Prices in several currencies."""

import pytest
import stripe

from tests.stripe_sandbox.shop import SUCCESS

OPTIONS = {"usd": {"unit_amount": 400}, "jpy": {"unit_amount": 550}, "kwd": {"unit_amount": 1250}}


def session(shop, price, mode, currency=None, **params):
    asked = {"currency": currency} if currency else {}
    items = [{"price": price.id, "quantity": 2}]
    return shop.stripe.checkout.sessions.create(
        {"mode": mode, "line_items": items, "success_url": SUCCESS, **asked, **params}
    )


def test_other_currencies_are_shown_only_when_they_are_asked_for(shop):
    price = shop.price(currency_options=OPTIONS)
    assert "currency_options" not in price.to_dict()
    seen = shop.stripe.prices.retrieve(price.id, {"expand": ["currency_options"]})
    shown = {code: option["unit_amount"] for code, option in seen.to_dict()["currency_options"].items()}
    assert shown == {"cny": 2500, "usd": 400, "jpy": 550, "kwd": 1250}
    assert seen.currency == "cny"


def test_a_currency_can_be_added_later(shop):
    price = shop.price(currency_options={"usd": {"unit_amount": 400}})
    shop.stripe.prices.update(price.id, {"currency_options": {"eur": {"unit_amount": 380}}})
    seen = shop.stripe.prices.retrieve(price.id, {"expand": ["currency_options"]}).to_dict()
    assert seen["currency_options"].keys() == {"cny", "usd", "eur"}


@pytest.mark.parametrize(
    ("currency", "total"), [(None, 5000), ("cny", 5000), ("usd", 800), ("jpy", 1100), ("kwd", 2500)]
)
@pytest.mark.parametrize(("mode", "interval"), [("payment", None), ("subscription", "month")])
def test_it_is_paid_in_the_currency_that_was_asked_for(shop, mode, interval, currency, total):
    opened = session(shop, shop.price(interval=interval, currency_options=OPTIONS), mode, currency)
    bought = shop.buy(opened)
    assert (bought.currency, bought.amount_total) == (currency or "cny", total)
    charge = shop.stripe.charges.list().data[0]
    assert (charge.currency, charge.amount) == (currency or "cny", total)
    if mode == "subscription":
        subscription = shop.stripe.subscriptions.retrieve(bought.subscription, {"expand": ["latest_invoice"]})
        assert (subscription.currency, subscription.latest_invoice.total) == (currency or "cny", total)


def test_a_currency_that_the_price_does_not_have_is_refused(shop):
    with pytest.raises(stripe.InvalidRequestError, match="not available in `sek`"):
        session(shop, shop.price(interval=None, currency_options=OPTIONS), "payment", "sek")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"usd": {"tiers": "x"}}, r"currency_options\[usd\]\[tiers\]"),
        ({"usd": {"unit_amount": -1}}, "greater than or equal to 0"),
        ({"dollars": {"unit_amount": 1}}, "Invalid currency"),
        ("usd", "Invalid hash"),
    ],
)
def test_options_that_are_none_are_refused(sandbox, wrong, complaint):
    v1 = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport()).v1
    price = {"currency": "cny", "unit_amount": 1, "product_data": {"name": "x"}, "currency_options": wrong}
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        v1.prices.create(price)

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


# A customer is billed in one currency


def subscribe_in(shop, customer: str, currency: str, **params):
    price = shop.price(currency_options=OPTIONS)
    opened = session(shop, price, "subscription", currency, customer=customer, **params)
    return shop.stripe.subscriptions.retrieve(shop.buy(opened).subscription)


def test_a_customer_is_bound_to_the_currency_of_its_first_subscription(shop):
    customer = shop.customer().id
    assert shop.stripe.customers.retrieve(customer).currency is None
    held = subscribe_in(shop, customer, "usd")
    assert shop.stripe.customers.retrieve(customer).currency == "usd"
    shop.stripe.subscriptions.cancel(held.id)
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot combine currencies .* currency usd"):
        subscribe_in(shop, customer, "cny")
    assert subscribe_in(shop, customer, "usd").currency == "usd"


def test_through_the_api_too(shop):
    customer = shop.customer().id
    card = shop.card_of(customer).id
    given = {"customer": customer, "default_payment_method": card}
    shop.stripe.subscriptions.create({**given, "items": [{"price": shop.price().id}]})
    assert shop.stripe.customers.retrieve(customer).currency == "cny"
    with pytest.raises(stripe.InvalidRequestError, match="cannot combine currencies"):
        shop.stripe.subscriptions.create({**given, "items": [{"price": shop.price(currency="usd").id}]})
    assert len(shop.stripe.subscriptions.list({"customer": customer}).data) == 1


def test_one_time_payments_are_in_any_currency(shop):
    customer = shop.customer().id
    subscribe_in(shop, customer, "usd")
    assert shop.buy(shop.document_session(customer=customer)).currency == "cny"


def test_of_two_sessions_the_second_is_not_paid_in_another_currency(shop):
    customer = shop.customer().id
    price = shop.price(currency_options=OPTIONS)
    dollars, yuan = (session(shop, price, "subscription", code, customer=customer) for code in ("usd", "cny"))
    shop.buy(dollars)
    outcome = shop.pay(yuan)
    assert (outcome.end, outcome.message) == ("declined", "You are billed in another currency already.")
    assert len(shop.stripe.subscriptions.list({"customer": customer}).data) == 1

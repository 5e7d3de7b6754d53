"""Prices in several currencies."""

from datetime import timedelta

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


@pytest.mark.parametrize(("currency", "amount"), [("isk", 99050), ("ugx", 1), ("kwd", 9905), ("bhd", 1)])
def test_a_price_between_the_steps_of_its_currency_is_refused(shop, currency, amount):
    with pytest.raises(stripe.InvalidRequestError, match=f"Amounts in {currency.upper()} must be evenly divisible by"):
        shop.price(amount, currency=currency)
    with pytest.raises(stripe.InvalidRequestError, match="evenly divisible"):
        shop.document_session(amount, currency)
    with pytest.raises(stripe.InvalidRequestError, match="evenly divisible"):
        shop.price(currency_options={currency: {"unit_amount": amount}})
    price = shop.price()
    with pytest.raises(stripe.InvalidRequestError, match="evenly divisible"):
        shop.stripe.prices.update(price.id, {"currency_options": {currency: {"unit_amount": amount}}})
    with pytest.raises(stripe.InvalidRequestError, match="evenly divisible"):
        shop.stripe.coupons.create({"amount_off": amount, "currency": currency})


def test_a_part_of_a_payment_is_given_back_in_steps_too(shop):
    bought = shop.buy(shop.document_session(990000, "isk"))
    with pytest.raises(stripe.InvalidRequestError, match="divisible by 100"):
        shop.stripe.refunds.create({"payment_intent": bought.payment_intent, "amount": 150})
    assert shop.stripe.refunds.create({"payment_intent": bought.payment_intent, "amount": 100}).amount == 100


@pytest.mark.parametrize(("currency", "amount"), [("usd", 49), ("eur", 49), ("jpy", 49), ("huf", 17499), ("gbp", 29)])
def test_less_than_the_smallest_charge_is_refused(shop, currency, amount):
    with pytest.raises(stripe.InvalidRequestError, match=f"at least {amount + 1} minor units"):
        shop.document_session(amount, currency)
    assert shop.document_session(amount + 1, currency).amount_total == amount + 1


def test_a_code_does_not_leave_less_than_the_smallest_charge(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 99})
    code = shop.stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    session = shop.document_session(990, "usd", allow_promotion_codes=True)
    refused = shop.sandbox.enter_code(session.id, code.code)
    assert refused.problems == {"promotion_code": "This code does not apply to this purchase."}
    seen = shop.look(session)
    assert (seen.amount_total, seen.discounts, seen.total_details.amount_discount) == (990, [], 0)


def test_what_a_percentage_leaves_can_be_charged(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 10})
    bought = shop.buy(shop.document_session(990500, "isk", discounts=[{"coupon": coupon.id}]))
    assert bought.amount_total == 891500
    assert bought.total_details.amount_discount == 99000


def test_an_invoice_between_two_steps_is_rounded_and_the_rest_stands_over(shop):
    coupon = shop.stripe.coupons.create({"percent_off": 10, "duration": "forever"})
    price = shop.price(990500, currency="ugx")
    bought = shop.buy(
        session(
            shop,
            price,
            "subscription",
            discounts=[{"coupon": coupon.id}],
            line_items=[{"price": price.id, "quantity": 1}],
        )
    )
    invoice = shop.stripe.invoices.retrieve(bought.invoice)
    assert (invoice.total, invoice.amount_due, invoice.ending_balance) == (891450, 891500, -50)
    assert shop.stripe.customers.retrieve(bought.customer).balance == -50


def test_an_invoice_too_small_to_be_charged_is_paid_and_owed_with_the_next(shop):
    bought = shop.buy(session(shop, shop.price(40, currency="usd"), "subscription"))
    customer = shop.stripe.customers.retrieve(bought.customer)
    assert bought.amount_total == 80
    subscription = shop.stripe.subscriptions.retrieve(bought.subscription)
    item = subscription["items"].data[0]
    shop.stripe.subscriptions.update(
        subscription.id, {"items": [{"id": item.id, "quantity": 1}], "proration_behavior": "none"}
    )
    shop.sandbox.advance(timedelta(days=31, hours=2))
    small = shop.newest_invoice(subscription)
    assert (small.status, small.total, small.amount_due, small.ending_balance) == ("paid", 40, 0, 40)
    assert shop.stripe.customers.retrieve(customer.id).balance == 40
    shop.sandbox.advance(timedelta(days=31, hours=2))
    both = shop.newest_invoice(subscription)
    assert (both.status, both.total, both.amount_due, both.ending_balance) == ("paid", 40, 80, 0)


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

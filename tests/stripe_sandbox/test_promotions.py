"""Coupons and promotion codes: what they take off, of what, how often and how long."""

from datetime import timedelta

import pytest
import stripe

from tests.stripe_sandbox.shop import DECLINED, GOOD
from webapp.kit import clock
from webapp.stripe_sandbox.checkout_payment import PaymentEnd
from webapp.stripe_sandbox.resources.discounts import reduce, taken_off

CARD = ("card", GOOD, "12/34", "123")
UNKNOWN, LAPSED, ELSEWHERE = (
    "This code is not valid.",
    "This code has expired.",
    "This code does not apply to this purchase.",
)


def now() -> int:
    return int(clock.now().timestamp())


def coupon(shop, **params) -> stripe.Coupon:
    return shop.stripe.coupons.create(params or {"percent_off": 20})


def code(shop, params=None, **terms) -> stripe.PromotionCode:
    """Make a promotion code of a coupon with these terms."""
    promotion = {"type": "coupon", "coupon": coupon(shop, **terms).id}
    return shop.stripe.promotion_codes.create({"promotion": promotion, "code": "SPRING", **(params or {})})


def open_pass(shop, **params):
    return shop.pass_session(allow_promotion_codes=True, **params)


@pytest.mark.parametrize(
    ("terms", "amounts", "off"),
    [
        ({"percent_off": 20}, [3000], [600]),
        ({"percent_off": 33.3}, [999], [333]),
        ({"percent_off": 50}, [1], [1]),
        ({"percent_off": 50}, [333, 333, 333], [166, 167, 167]),
        ({"percent_off": 100}, [1, 2, 3], [1, 2, 3]),
        ({"amount_off": 500}, [3000], [500]),
        ({"amount_off": 5000}, [3000], [3000]),
        ({"amount_off": 100}, [1, 1, 998], [0, 0, 100]),
        ({"amount_off": 100}, [0, 0], [0, 0]),
        ({"percent_off": 10}, [], []),
    ],
)
def test_whole_minor_units_are_taken_off_and_never_more_than_there_is(terms, amounts, off):
    assert taken_off({"percent_off": None, "amount_off": None, **terms}, amounts) == off


def test_what_is_taken_off_lines_adds_up_and_leaves_none_below_zero():
    for percent in (1, 7.5, 33.33, 99.99):
        for amounts in ([1] * 7, [3, 500, 1], [99, 1, 1, 10_000]):
            off = taken_off({"percent_off": percent}, amounts)
            whole = sum(amounts) * percent / 100
            assert abs(sum(off) - whole) <= 0.5 + 1e-9
            assert all(0 <= part <= amount for part, amount in zip(off, amounts, strict=True))


@pytest.mark.parametrize("typed", ["SPRING", "spring", " Spring "])
def test_a_code_makes_a_payment_cheaper(shop, sandbox, typed):
    promotion = code(shop, amount_off=500, currency="cny")
    session = open_pass(shop)
    assert sandbox.pay(session.id, *CARD, promotion_code=typed).end is PaymentEnd.PAID
    seen = shop.look(session)
    assert (seen.amount_subtotal, seen.amount_total, seen.total_details.amount_discount) == (3000, 2500, 500)
    assert [(one.promotion_code, one.coupon) for one in seen.discounts] == [(promotion.id, None)]
    assert shop.stripe.payment_intents.retrieve(seen.payment_intent).amount_received == 2500
    (item,) = shop.stripe.checkout.sessions.line_items.list(session.id).data
    assert (item.amount_subtotal, item.amount_discount, item.amount_total) == (3000, 500, 2500)
    assert item.discounts[0].amount == 500
    assert shop.stripe.promotion_codes.retrieve(promotion.id).times_redeemed == 1
    assert shop.stripe.coupons.retrieve(promotion.promotion.coupon).times_redeemed == 1


def test_a_coupon_can_be_given_by_the_shop_itself(shop):
    given = coupon(shop, percent_off=12.5)
    session = shop.pass_session(discounts=[{"coupon": given.id}])
    assert (session.amount_total, session.discounts[0].coupon) == (2625, given.id)
    assert shop.buy(session).payment_status == "paid"


def test_a_promotion_code_can_be_given_by_the_shop_itself(shop):
    session = shop.pass_session(discounts=[{"promotion_code": code(shop, percent_off=10).id}])
    assert session.amount_total == 2700
    expanded = {"expand": ["discounts.promotion_code.promotion.coupon"]}
    seen = shop.stripe.checkout.sessions.retrieve(session.id, expanded)
    assert seen.discounts[0].promotion_code.promotion.coupon.percent_off == 10


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda shop: code(shop, {"code": "AUTUMN"}), UNKNOWN),
        (lambda shop: shop.stripe.promotion_codes.update(code(shop).id, {"active": False}), UNKNOWN),
        (lambda shop: shop.stripe.coupons.delete(code(shop).promotion.coupon), LAPSED),
        (lambda shop: code(shop, amount_off=5, currency="usd"), ELSEWHERE),
        (lambda shop: code(shop, {"customer": shop.customer().id}), ELSEWHERE),
        (
            lambda shop: code(shop, {"restrictions": {"minimum_amount": 3001, "minimum_amount_currency": "cny"}}),
            ELSEWHERE,
        ),
        (
            lambda shop: code(shop, {"restrictions": {"minimum_amount": 1, "minimum_amount_currency": "usd"}}),
            ELSEWHERE,
        ),
    ],
)
def test_a_wrong_code_says_so_and_charges_nothing(shop, sandbox, prepare, sentence):
    prepare(shop)
    session = open_pass(shop)
    outcome = sandbox.pay(session.id, *CARD, promotion_code="SPRING")
    assert (outcome.end, outcome.problems) == (PaymentEnd.INVALID, {"promotion_code": sentence})
    assert (shop.look(session).status, shop.look(session).amount_total) == ("open", 3000)
    assert shop.stripe.charges.list().data == []


@pytest.mark.parametrize(
    ("params", "terms"),
    [({"expires_at": 3600}, {"percent_off": 10}), ({}, {"percent_off": 10, "redeem_by": 3600})],
)
def test_after_its_last_day_a_code_is_void(shop, sandbox, params, terms):
    params, terms = ({key: now() + by if by == 3600 else by for key, by in one.items()} for one in (params, terms))
    promotion = code(shop, params, **terms)
    sandbox.advance(timedelta(hours=2))
    outcome = sandbox.pay(open_pass(shop).id, *CARD, promotion_code="SPRING")
    assert outcome.problems == {"promotion_code": LAPSED}
    assert shop.stripe.promotion_codes.retrieve(promotion.id).active is False
    with pytest.raises(stripe.InvalidRequestError, match="cannot be activated"):
        shop.stripe.promotion_codes.update(promotion.id, {"active": True})


@pytest.mark.parametrize(
    ("params", "terms"),
    [({"max_redemptions": 1}, {"percent_off": 10}), ({}, {"percent_off": 10, "max_redemptions": 1})],
)
def test_what_is_used_up_is_void(shop, sandbox, params, terms):
    code(shop, params, **terms)
    first, second = open_pass(shop), open_pass(shop)
    for session in (first, second):
        assert sandbox.enter_code(session.id, "SPRING").end is PaymentEnd.REDUCED
    assert sandbox.pay(first.id, *CARD).end is PaymentEnd.PAID
    outcome = sandbox.pay(second.id, *CARD)
    assert outcome.problems == {"promotion_code": LAPSED}, "two held the last one; the first to pay has it"
    assert sandbox.enter_code(second.id, "").end is PaymentEnd.REDUCED
    assert sandbox.pay(second.id, *CARD).end is PaymentEnd.PAID
    assert shop.look(second).amount_total == 3000


def test_a_first_purchase_is_made_once(shop, sandbox):
    code(shop, {"restrictions": {"first_time_transaction": True}})
    customer = shop.customer().id
    assert sandbox.pay(open_pass(shop, customer=customer).id, *CARD, promotion_code="SPRING").end is PaymentEnd.PAID
    outcome = sandbox.pay(open_pass(shop, customer=customer).id, *CARD, promotion_code="SPRING")
    assert outcome.problems == {"promotion_code": ELSEWHERE}


def test_where_no_codes_are_taken_none_is(shop, sandbox):
    code(shop)
    outcome = sandbox.pay(shop.pass_session().id, *CARD, promotion_code="SPRING")
    assert outcome.problems == {"promotion_code": ELSEWHERE}


def test_another_code_takes_the_place_of_the_first(shop, sandbox):
    code(shop, percent_off=50)
    code(shop, {"code": "AUTUMN"}, percent_off=10)
    session = open_pass(shop)
    for typed, total in (("SPRING", 1500), ("AUTUMN", 2700), ("", 3000)):
        sandbox.enter_code(session.id, typed)
        assert shop.look(session).amount_total == total
    assert shop.look(session).discounts == []


def test_a_code_entered_after_a_declined_card_changes_the_payment(shop, sandbox):
    code(shop, percent_off=50)
    session = open_pass(shop)
    shop.pay(session, DECLINED)
    assert sandbox.pay(session.id, *CARD, promotion_code="SPRING").end is PaymentEnd.PAID
    intent = shop.stripe.payment_intents.retrieve(shop.look(session).payment_intent, {"expand": ["latest_charge"]})
    assert (intent.amount, intent.latest_charge.amount) == (1500, 1500)


def test_what_costs_nothing_any_more_needs_no_payment(shop, sandbox):
    code(shop, percent_off=100)
    session = open_pass(shop)
    shop.pay(session, DECLINED)
    intent = shop.look(session).payment_intent
    assert sandbox.pay(session.id, promotion_code="SPRING").end is PaymentEnd.PAID
    seen = shop.look(session)
    assert (seen.status, seen.payment_status, seen.payment_intent) == ("complete", "no_payment_required", None)
    assert shop.stripe.payment_intents.retrieve(intent).status == "canceled"


def test_a_subscription_for_nothing_has_a_zero_invoice_that_is_paid(shop, sandbox):
    code(shop, percent_off=100)
    session = shop.subscription_session(allow_promotion_codes=True)
    sandbox.pay(session.id, *CARD, promotion_code="SPRING")
    seen = shop.look(session)
    invoice = shop.stripe.invoices.retrieve(seen.invoice)
    assert seen.payment_status == "no_payment_required"
    assert (invoice.status, invoice.subtotal, invoice.total, invoice.amount_due) == ("paid", 2500, 0, 0)
    assert shop.stripe.subscriptions.retrieve(seen.subscription).status == "active"
    assert shop.stripe.charges.list().data == []


def test_a_subscriptions_invoice_shows_what_was_taken_off(shop):
    session = shop.buy(shop.subscription_session(discounts=[{"coupon": coupon(shop, percent_off=20).id}]))
    expanded = {"expand": ["discounts.source.coupon", "payments"]}
    invoice = shop.stripe.invoices.retrieve(session.invoice, expanded)
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (2500, 2000, 2000)
    (discount,) = invoice.discounts
    assert (discount.source.coupon.percent_off, discount.subscription) == (20, session.subscription)
    assert invoice.total_discount_amounts[0].to_dict() == {"amount": 500, "discount": discount.id}
    assert invoice.lines.data[0].discount_amounts[0].amount == 500
    assert invoice.lines.data[0].amount == 2500
    assert invoice.payments.data[0].amount_paid == 2000


def next_invoice(sandbox, subscription_id):
    """Return what the discounts of a subscription take off an invoice of the present moment."""
    with sandbox.writing() as uow:
        line = {"amount": 2500, "discount_amounts": [], "discountable": True}
        return sum(entry["amount"] for entry in reduce(uow, uow.get("subscription", subscription_id), [line])[1])


@pytest.mark.parametrize(
    ("terms", "off_by_month"),
    [
        ({"duration": "once"}, [0, 0, 0, 0]),
        ({"duration": "repeating", "duration_in_months": 3}, [500, 500, 0, 0]),
        ({"duration": "forever"}, [500, 500, 500, 500]),
    ],
)
def test_later_invoices_are_reduced_for_as_long_as_the_coupon_says(shop, sandbox, terms, off_by_month):
    given = coupon(shop, percent_off=20, **terms)
    bought = shop.buy(shop.subscription_session("year", discounts=[{"coupon": given.id}]))
    assert shop.stripe.invoices.retrieve(bought.invoice).total == 2000
    off = []
    for _ in off_by_month:
        sandbox.advance(timedelta(days=31))
        off.append(next_invoice(sandbox, bought.subscription))
    assert off == off_by_month
    left = shop.stripe.subscriptions.retrieve(bought.subscription, {"expand": ["discounts"]}).discounts
    assert len(left) == (terms["duration"] == "forever")
    assert shop.told().count("customer.discount.created") == 1
    assert shop.told().count("customer.discount.deleted") == (terms["duration"] != "forever")


def test_a_free_trial_does_not_use_up_what_holds_once(shop, sandbox):
    given = coupon(shop, percent_off=20)
    bought = shop.buy(
        shop.subscription_session(discounts=[{"coupon": given.id}], subscription_data={"trial_period_days": 7})
    )
    assert next_invoice(sandbox, bought.subscription) == 500
    assert next_invoice(sandbox, bought.subscription) == 0


def test_a_credit_is_not_discounted(shop, sandbox):
    given = coupon(shop, percent_off=50, duration="forever")
    bought = shop.buy(shop.subscription_session(discounts=[{"coupon": given.id}]))
    lines = [
        {"amount": amount, "discount_amounts": [], "discountable": discountable}
        for amount, discountable in ((1000, True), (-400, False), (300, False))
    ]
    with sandbox.writing() as uow:
        lines, sums = reduce(uow, uow.get("subscription", bought.subscription), lines)
    assert [entry["amount"] for entry in sums] == [500]
    assert [len(line["discount_amounts"]) for line in lines] == [1, 0, 0]


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({}, "either a value for `percent_off` or `amount_off`"),
        ({"percent_off": 10, "amount_off": 5, "currency": "cny"}, "either a value"),
        ({"amount_off": 5}, "currency"),
        ({"percent_off": 10, "currency": "cny"}, "cannot pass `currency`"),
        ({"percent_off": 0}, "greater than 0"),
        ({"percent_off": 101}, "at most 100"),
        ({"percent_off": "half"}, "Invalid decimal"),
        ({"percent_off": 10, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 10, "duration_in_months": 3}, "duration_in_months"),
        ({"percent_off": 10, "redeem_by": 1}, "in the future"),
    ],
)
def test_a_coupon_that_contradicts_itself_is_refused(sandbox, params, complaint):
    client = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport())
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        client.v1.coupons.create(params)


def test_a_coupon_may_have_a_name_of_its_own_and_only_one_has_it(shop):
    made = coupon(shop, id="spring-2027", percent_off=10)
    assert made.id == "spring-2027"
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        coupon(shop, id="spring-2027", percent_off=20)
    shop.stripe.coupons.delete("spring-2027")
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon"):
        shop.stripe.coupons.retrieve("spring-2027")
    assert shop.stripe.coupons.list().data == []
    assert coupon(shop, id="spring-2027", percent_off=20).percent_off == 20


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"code": "spring"}, "already exists"),
        ({"expires_at": 1}, "in the future"),
        ({"customer": "cus_unknown"}, "No such customer"),
        ({"restrictions": {"minimum_amount": 5}}, "needs its currency"),
        ({"promotion": {"type": "coupon", "coupon": "unknown"}}, "No such coupon"),
    ],
)
def test_a_promotion_code_that_cannot_be_is_refused(shop, params, complaint):
    code(shop)
    promotion = {"type": "coupon", "coupon": coupon(shop).id}
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.stripe.promotion_codes.create({"promotion": promotion, **params})


def test_a_code_that_is_not_chosen_is_made_by_chance_and_found_by_its_coupon(shop):
    given = coupon(shop)
    made = shop.stripe.promotion_codes.create({"promotion": {"type": "coupon", "coupon": given.id}})
    assert len(made.code) == 8
    for asked in ({"coupon": given.id}, {"code": made.code}, {"active": True}):
        assert [found.id for found in shop.stripe.promotion_codes.list(asked).data] == [made.id]
    assert shop.stripe.promotion_codes.list({"coupon": "another"}).data == []


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"allow_promotion_codes": True, "discounts": [{"coupon": "x"}]}, "only specify one"),
        ({"discounts": [{"coupon": "x"}, {"coupon": "y"}]}, "only pass one"),
        ({"discounts": [{"coupon": "x", "promotion_code": "y"}]}, "either a coupon or a promotion code"),
        ({"discounts": [{"coupon": "unknown"}]}, "No such coupon"),
        ({"discounts": [{"promotion_code": "unknown"}]}, "No such promotion_code"),
    ],
)
def test_a_discount_that_cannot_be_is_refused(shop, params, complaint):
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        shop.pass_session(**params)


def test_a_discount_in_another_currency_is_refused(shop):
    given = coupon(shop, amount_off=5, currency="usd")
    with pytest.raises(stripe.InvalidRequestError, match="cannot be redeemed here"):
        shop.pass_session(discounts=[{"coupon": given.id}])


def test_a_session_that_is_over_takes_no_code(shop, sandbox):
    code(shop)
    session = open_pass(shop)
    shop.pay(session)
    assert sandbox.enter_code(session.id, "SPRING").end is PaymentEnd.PAID
    expired = open_pass(shop)
    shop.stripe.checkout.sessions.expire(expired.id)
    assert sandbox.enter_code(expired.id, "SPRING").end is PaymentEnd.EXPIRED

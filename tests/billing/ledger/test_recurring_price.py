"""What a subscription brings each month: net of discounts, without tax, whatever it is charged by."""

import pytest

from tests.billing.stripe_json import SOLD, bill, facts, item, line, seconds
from webapp.billing.ledger.recurring_price import billed_price, reckon_monthly


def each(interval, count=1, **more):
    return item(30, **({"recurring": {"interval": interval, "interval_count": count}} | more))


def coupon(duration="forever", end=None, start=0, id_="di_1", **terms):
    return {
        "id": id_,
        "start": seconds(start),
        "end": None if end is None else seconds(end),
        "source": {"type": "coupon", "coupon": {"id": "c", "duration": duration, **terms}},
    }


@pytest.mark.parametrize(
    ("interval", "count", "price", "monthly"),
    [
        ("month", 1, 2500, 2500),
        ("month", 3, 7500, 2500),
        ("year", 1, 19800, 1650),
        ("year", 2, 39600, 1650),
        ("year", 1, 10000, 833),
        ("year", 1, 10006, 834),
        ("week", 1, 700, 3042),
        ("day", 1, 100, 3042),
        ("fortnight", 1, 500, 500),
    ],
)
def test_each_interval_counts_by_its_length(interval, count, price, monthly):
    assert reckon_monthly(facts(items=(each(interval, count, unit_amount=price),)), SOLD) == monthly


def test_only_what_is_sold_here_counts_and_quantities_do():
    two = item(30) | {"id": "si_2", "quantity": 3}
    foreign = item(30, price="price_x", product="prod_x") | {"id": "si_3"}
    assert reckon_monthly(facts(items=(two, foreign)), SOLD) == 7500


def test_a_metered_item_brings_nothing():
    metered = (each("month", unit_amount=None),)
    assert reckon_monthly(facts(items=metered, discounts=[coupon(percent_off=50)]), SOLD) == 0


@pytest.mark.parametrize(
    ("discount", "monthly"),
    [
        (coupon(percent_off=50), 1250),
        (coupon(percent_off=33.3), 1667),
        (coupon(percent_off=100), 0),
        (coupon(amount_off=400), 2100),
        (coupon(amount_off=9900), 0),
        (coupon("repeating", end=31, percent_off=50), 1250),
        (coupon("repeating", end=30, percent_off=50), 2500),
        (coupon("once", percent_off=50), 1250),
        (coupon(), 2500),
        ("di_1", 2500),
    ],
)
def test_a_discount_counts_where_the_next_bill_has_it(discount, monthly):
    assert reckon_monthly(facts(items=(item(30),), discounts=[discount]), SOLD) == monthly


def test_discounts_come_one_after_the_other_and_are_shared_out():
    foreign = item(30, price="price_x", product="prod_x") | {"id": "si_2"}
    two = [coupon(percent_off=50), coupon(amount_off=500, id_="di_2")]
    assert reckon_monthly(facts(items=(item(30), foreign), discounts=two), SOLD) == 1000


def test_a_discount_of_one_bill_is_used_up_by_it():
    """As polarsource/polar#8222 asks: 15 a month with 14 off the first brings 15."""
    used = line("il_1", 0, 30, discount_amounts=[{"discount": "di_1", "amount": 1250}])
    said = facts(bill("in_1", "paid", 0, used), items=(item(30),), discounts=[coupon("once", percent_off=50)])
    assert reckon_monthly(said, SOLD) == 2500


def test_where_terms_are_not_known_the_latest_bill_that_has_it_tells():
    half = line("il_1", 0, 30, discount_amounts=[{"discount": "di_1", "amount": 1250}])
    later = bill("in_2", "paid", 30, line("il_2", 30, 60, amount=0))
    said = facts(bill("in_1", "paid", 0, half), later, discounts=["di_1"])
    assert reckon_monthly(said, SOLD) == 1250


def test_a_discount_on_an_item_counts_like_one_on_all():
    of_item = item(30) | {"discounts": ["di_1"]}
    half = line("il_1", 0, 30, discount_amounts=[{"discount": "di_1", "amount": 1250}])
    assert reckon_monthly(facts(bill("in_1", "paid", 0, half), items=(of_item,)), SOLD) == 1250


def test_tax_that_is_in_the_price_is_taken_out_and_tax_on_top_is_not_in():
    taxed = line("il_1", 0, 30, 2120, taxes=[{"amount": 120, "tax_behavior": "inclusive"}])
    on_top = line("il_1", 0, 30, 2500, taxes=[{"amount": 150, "tax_behavior": "exclusive"}])
    assert reckon_monthly(facts(bill("in_1", "paid", 0, taxed), items=(each("month", unit_amount=2120),)), SOLD) == 2000
    assert reckon_monthly(facts(bill("in_1", "paid", 0, on_top)), SOLD) == 2500


@pytest.mark.parametrize(
    ("begins", "ends", "amount", "monthly"),
    [(0, 31, 2500, 2500), (0, 28, 2500, 2500), (0, 365, 19800, 1650), (0, 92, 7500, 2500), (0, 7, 700, 3042)],
)
def test_a_bill_tells_what_was_brought_each_month(begins, ends, amount, monthly):
    (one,) = facts(bill("in_1", "paid", 0, line("il_1", begins, ends, amount))).invoices
    told = billed_price(one, SOLD)
    assert told is not None
    assert told.monthly == monthly


def test_a_part_of_a_period_tells_nothing_of_a_month():
    part = line("il_1", 10, 30, 1700, details={"proration": True})
    (one,) = facts(bill("in_1", "paid", 10, part)).invoices
    assert billed_price(one, SOLD) is None

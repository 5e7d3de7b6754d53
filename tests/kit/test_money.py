import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from webapp.kit import stripe_amounts
from webapp.kit.money import Money

# What 9,900 of each are at Stripe: docs.stripe.com/currencies.
AT_STRIPE = {
    "bhd": 9_900_000,
    "cny": 990_000,
    "eur": 990_000,
    "huf": 990_000,
    "isk": 990_000,
    "jpy": 9_900,
    "krw": 9_900,
    "kwd": 9_900_000,
    "rsd": 990_000,
    "twd": 990_000,
    "ugx": 990_000,
}


@pytest.mark.parametrize(
    ("amount", "currency", "minor_units"),
    [("9.90", "cny", 990), ("25", "CNY", 2500), ("500", "jpy", 500), ("0.01", "usd", 1), (" 12.5 ", "eur", 1250)],
)
def test_an_amount_is_read_into_minor_units(amount, currency, minor_units):
    assert Money.parse(amount, currency) == Money(minor_units, currency.lower())


@pytest.mark.parametrize("amount", ["", "nine", "9.999", "-1", "0", "NaN", "Infinity", "9,90", "1e400"])
def test_what_is_no_price_is_refused_with_a_sentence(amount):
    with pytest.raises(ValueError, match="“"):
        Money.parse(amount, "cny")


def test_a_currency_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="is no currency"):
        Money.parse("9.90", "xxy")


@pytest.mark.parametrize(("currency", "minor_units"), AT_STRIPE.items())
def test_an_amount_has_the_decimals_that_stripe_counts(currency, minor_units):
    price = Money.parse("9900", currency)
    assert price == Money(minor_units, currency)
    for language in ("en", "zh_Hans_CN"):
        assert price.shown(language).endswith("9,900")


@pytest.mark.parametrize(
    ("amount", "currency", "step", "like"),
    [
        ("9.90", "jpy", "1", "10"),
        ("0.4", "krw", "1", "1"),
        ("99.50", "isk", "1", "100"),
        ("1.5", "ugx", "1", "2"),
        ("1.2345", "kwd", "0.01", "1.24"),
        ("1.234", "bhd", "0.01", "1.24"),
        ("9.999", "cny", "0.01", "10"),
    ],
)
def test_what_stripe_would_not_charge_is_refused_with_an_amount_that_it_would(amount, currency, step, like):
    with pytest.raises(ValueError, match=f"{currency} go by steps of {step}; write it like {like}\\."):
        Money.parse(amount, currency)
    assert Money.parse(like, currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1000000", "eur"), ("1000000", "isk"), ("100000000", "jpy"), ("100000", "kwd")]
)
def test_more_than_stripe_charges_at_once_is_refused(amount, currency):
    with pytest.raises(ValueError, match="more than can be paid"):
        Money.parse(amount, currency)


def test_where_a_unit_is_worth_little_more_digits_are_taken():
    assert Money.parse("1500000", "idr") == Money(150_000_000, "idr")


@given(st.sampled_from(sorted(list_currencies())).map(str.lower), st.integers(1, 999_999))
def test_what_is_shown_is_read_back_as_the_same_amount(currency, count):
    money = Money(count * stripe_amounts.step_of(currency), currency)
    figures = "".join(character for character in money.shown("en") if character in "0123456789.")
    assert Money.parse(figures.lstrip("."), currency) == money


@pytest.mark.parametrize(
    ("money", "locale", "shown"),
    [
        (Money(2500, "cny"), "zh-CN", "¥25"),
        (Money(990, "cny"), "zh-CN", "¥9.90"),
        (Money(990, "cny"), "en", "CN¥9.90"),
        (Money(500, "jpy"), "en", "¥500"),
        (Money(123450, "usd"), "en", "$1,234.50"),
        (Money(-990, "cny"), "en", "-CN¥9.90"),
        (Money(9950, "rsd"), "en", "RSD\N{NO-BREAK SPACE}99.50"),
        (Money(9900, "kwd"), "zh-CN", "KWD\N{NO-BREAK SPACE}9.900"),
        (Money(9901, "isk"), "en", "ISK\N{NO-BREAK SPACE}99.01"),
    ],
)
def test_money_is_shown_as_the_reader_writes_it(money, locale, shown):
    assert money.shown(locale) == shown

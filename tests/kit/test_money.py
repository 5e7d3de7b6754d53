import pytest

from webapp.kit.money import Money


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


def test_a_currency_without_decimals_takes_none():
    with pytest.raises(ValueError, match="0 decimals"):
        Money.parse("9.90", "jpy")


@pytest.mark.parametrize(
    ("money", "locale", "shown"),
    [
        (Money(2500, "cny"), "zh-CN", "¥25"),
        (Money(990, "cny"), "zh-CN", "¥9.90"),
        (Money(990, "cny"), "en", "CN¥9.90"),
        (Money(500, "jpy"), "en", "¥500"),
        (Money(123450, "usd"), "en", "$1,234.50"),
    ],
)
def test_money_is_shown_as_the_reader_writes_it(money, locale, shown):
    assert money.shown(locale) == shown

"""How Stripe counts amounts: the decimals and steps of each currency, the least and the most that it charges.

Source: docs.stripe.com/currencies as of July 2026: "Zero-decimal currencies", "Special cases", "Minimum and maximum
charge amounts". The three-decimal currencies, which Stripe still takes, stood there until 2022. It is not ISO 4217, and
not CLDR either, which has RSD without decimals and changes from version to version. HUF and TWD are without decimals in
payouts only, which are not made here.
"""

_DECIMALS = 2  # where the table names no other
_ZERO_DECIMAL = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
_THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))  # the last of the three digits is always 0
_WHOLE_UNITS = frozenset(("isk", "ugx"))  # written with two decimals, which are always 00

# In minor units. Stripe compares with the currency of the account that is paid out to, after conversion.
_SMALLEST_CHARGE = {
    **dict.fromkeys(("ars", "aud", "brl", "cad", "chf", "cop", "eur", "idr", "ils", "inr", "jpy", "krw"), 50),
    **dict.fromkeys(("nzd", "php", "rub", "sgd", "usd", "zar"), 50),
    **dict.fromkeys(("aed", "myr", "pln", "ron"), 200),
    **dict.fromkeys(("nok", "sek"), 300),
    **dict.fromkeys(("mxn", "thb"), 1000),
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
}
_MOST_DIGITS = {"cop": 10, "idr": 12, "inr": 9}  # for every way of paying; 8 elsewhere


def decimals_of(currency: str) -> int:
    """Return how many decimals of a currency its minor units stand for."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else _DECIMALS


def step_of(currency: str) -> int:
    """Return what an amount must be divisible by, in minor units."""
    if currency in _THREE_DECIMAL:
        return 10
    return 100 if currency in _WHOLE_UNITS else 1


def smallest_charge(currency: str) -> int:
    """Return the least that is charged, in minor units; 1 where that depends on the rate of exchange."""
    return _SMALLEST_CHARGE.get(currency, 1)


def largest_charge(currency: str) -> int:
    """Return the most that is charged at once, in minor units."""
    return int(10 ** _MOST_DIGITS.get(currency, 8)) - 1


def round_to_step(amount: int, currency: str) -> int:
    """Return the nearest amount that can be charged, half a step upwards."""
    step = step_of(currency)
    return (amount + step // 2) // step * step

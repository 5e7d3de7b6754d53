"""Values in Stripe's JSON: moments are seconds since 1970, amounts minor units of a currency."""

from datetime import UTC, datetime

from webapp.kit.money import Money


def parse_moment(seconds: int) -> datetime:
    """Return a moment from Stripe's seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def maybe_moment(seconds: int | None) -> datetime | None:
    """Return a moment, None where Stripe has none."""
    return parse_moment(seconds) if seconds else None


def parse_amount(found: object) -> int:
    """Return an amount in minor units; raise TypeError for what is no whole number."""
    if not isinstance(found, int) or isinstance(found, bool):
        raise TypeError(f"{found!r} is no amount")
    return found


def parse_money(amount: object, currency: object) -> Money:
    """Return an amount of a currency; raise TypeError for what is none."""
    if not isinstance(currency, str):
        raise TypeError(f"{currency!r} is no currency")
    return Money(parse_amount(amount), currency)

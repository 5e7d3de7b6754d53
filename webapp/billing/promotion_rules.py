"""Promotion codes as the publisher words them: read, made once at Stripe, and ended."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from webapp.billing.context import BillingContext
from webapp.billing.gateway.promotions import DiscountDuration, Promotion, deactivate_promotion, make_promotion
from webapp.billing.stripe_refusals import telling_refusals
from webapp.kit.errors import InvalidInputError
from webapp.kit.instance_identity import refuse_while_resting
from webapp.kit.translatable import _

_WHOLE = 100
_CODE = re.compile(r"[A-Za-z0-9-]{1,50}")  # what buyers can type on any keyboard; Stripe takes letters, digits and "-"


def parse_percent(typed: str) -> Decimal:
    """Return the percentage that is written like 20 or 12.5; raise ValueError with a sentence."""
    try:
        percent = Decimal(typed.strip().removesuffix("%"))
    except InvalidOperation:
        percent = Decimal(0)
    if not percent.is_finite() or not 0 < percent <= _WHOLE or percent != round(percent, 2):
        raise ValueError(_("“%(typed)s” is no percentage; write it like 20 or 12.5.", typed=typed))
    return percent


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day where the publisher is."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
    return midnight.astimezone(UTC)


def bills_of(months: int | None, *, forever: bool) -> DiscountDuration:
    """Return which bills of a subscription become cheaper: all, those of some months, else the first."""
    if forever:
        return DiscountDuration.FOREVER
    return DiscountDuration.REPEATING if months else DiscountDuration.ONCE


def start_promotion(billing: BillingContext, wish: Promotion, key: str = "") -> None:
    """Have a promotion code taken from now on; `key` has a repeated call make nothing twice.

    Raise InvalidInputError, ConflictError with what Stripe says, PaymentsUnavailableError, RestingError.
    """
    if not _CODE.fullmatch(wish.code):
        raise InvalidInputError(_("A code is up to 50 Latin letters, digits and hyphens."), "")
    refuse_while_resting(billing.database, billing.base_url)
    with telling_refusals():
        make_promotion(billing.gateway, wish, key)


def end_promotion(billing: BillingContext, code: str) -> bool:
    """Have a code taken by nobody any more; return whether it was. Raise as `start_promotion` does."""
    refuse_while_resting(billing.database, billing.base_url)
    with telling_refusals():
        return deactivate_promotion(billing.gateway, code)

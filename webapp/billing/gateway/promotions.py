"""Promotion codes at Stripe, each with a coupon of its own (docs.stripe.com/api/promotion_codes, /coupons)."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from webapp.billing.gateway.client import PAGE, Gateway, MissingAtStripeError, StripeRefusedError, to_json
from webapp.billing.gateway.json_values import maybe_moment
from webapp.kit.money import Money

if TYPE_CHECKING:
    from stripe.params import PromotionCodeCreateParams


class DiscountDuration(StrEnum):
    """On which bills of a subscription a promotion takes something off: all, the first, or those of some months."""

    FOREVER = "forever"
    ONCE = "once"
    REPEATING = "repeating"


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion code: what it takes off, a percentage or an amount, and for how long each time it is redeemed."""

    code: str
    percent: Decimal | None
    amount: Money | None
    duration: DiscountDuration
    months: int | None = None
    max_redemptions: int | None = None
    expires_at: datetime | None = None
    redeemed: int = 0
    active: bool = True


def make_promotion(gateway: Gateway, wish: Promotion) -> None:
    """Make a promotion code; where Stripe refuses it, nothing is left of its coupon. Raise StripeRefusedError."""
    with gateway.calling():
        coupon = gateway.client.v1.coupons.create(_coupon_params(wish))
    asked: PromotionCodeCreateParams = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": wish.code}
    if wish.max_redemptions is not None:
        asked["max_redemptions"] = wish.max_redemptions
    if wish.expires_at is not None:
        asked["expires_at"] = int(wish.expires_at.timestamp())
    try:
        with gateway.calling():
            gateway.client.v1.promotion_codes.create(asked)
    except StripeRefusedError:
        with suppress(MissingAtStripeError), gateway.calling():
            gateway.client.v1.coupons.delete(coupon.id)
        raise


def _coupon_params(wish: Promotion) -> Any:  # noqa: ANN401 - checked in tests/contract
    off: dict[str, object] = {"percent_off": str(wish.percent)} if wish.percent is not None else {}
    if wish.amount is not None:
        off = {"amount_off": wish.amount.minor_units, "currency": wish.amount.currency}
    months = {"duration_in_months": wish.months} if wish.months else {}
    return {**off, **months, "duration": wish.duration, "name": wish.code}


def list_promotions(gateway: Gateway) -> Iterator[Promotion]:
    """Yield all promotion codes of the account, the newest first."""
    with gateway.calling():
        listed = gateway.client.v1.promotion_codes.list({"limit": PAGE, "expand": ["data.promotion.coupon"]})
        for one in listed.auto_paging_iter():
            yield _promotion(to_json(one))


def _promotion(found: dict[str, Any]) -> Promotion:
    coupon = found["promotion"]["coupon"]
    amount = Money(coupon["amount_off"], coupon["currency"]) if coupon["amount_off"] else None
    return Promotion(
        code=found["code"],
        percent=Decimal(str(coupon["percent_off"])) if coupon["percent_off"] else None,
        amount=amount,
        duration=DiscountDuration(coupon["duration"]),
        months=coupon["duration_in_months"],
        max_redemptions=found["max_redemptions"],
        expires_at=maybe_moment(found["expires_at"]),
        redeemed=found["times_redeemed"],
        active=found["active"],
    )


def deactivate_promotion(gateway: Gateway, code: str) -> bool:
    """Have a code taken by nobody any more; return whether there was one. Who has redeemed it keeps what they have."""
    codes = gateway.client.v1.promotion_codes
    with gateway.calling():
        found = codes.list({"code": code, "active": True, "limit": PAGE}).data
        for one in found:
            codes.update(one.id, {"active": False})
    return bool(found)

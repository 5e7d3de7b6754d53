"""Coupons: what a discount takes off, and how long it does (docs.stripe.com/api/coupons)."""

from decimal import Decimal, InvalidOperation

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.params import (
    Clearable,
    Params,
    choice,
    currency,
    integer,
    metadata,
    metadata_fields,
    positive,
    text,
)
from webapp.stripe_sandbox.stripe_errors import RefusedError, invalid, missing, refuse_between_steps
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

LAPSE_COUPON = "coupon_lapses"
FOREVER, ONCE, REPEATING = "forever", "once", "repeating"
WHOLE = 100


def _percent(raw: Raw, name: str) -> float:
    try:
        percent = Decimal(str(raw))
    except InvalidOperation:
        raise invalid("decimal", raw, name) from None
    if not 0 < percent <= WHOLE:
        raise RefusedError("percent_off must be greater than 0 and at most 100.", param=name)
    return float(percent)


FIELDS = Params(
    {
        "amount_off": positive,
        "currency": currency,
        "duration": choice(FOREVER, ONCE, REPEATING),
        "duration_in_months": positive,
        "id": text,
        "max_redemptions": positive,
        "metadata": metadata,
        "name": text,
        "percent_off": _percent,
        "redeem_by": integer,
    }
)
CHANGES = Params({"metadata": metadata, "name": Clearable(text)})
# What Stripe shows of a coupon, and is empty unless given.
_WITHOUT = dict.fromkeys(
    ("amount_off", "currency", "duration_in_months", "max_redemptions", "name", "percent_off", "redeem_by")
)


def create(call: ApiCall) -> Json:
    """Make a coupon."""
    uow, given = call.uow, call.params
    _refuse_contradiction(uow, given)
    if "amount_off" in given:
        refuse_between_steps(given["amount_off"], given["currency"], "amount_off")
    coupon = {
        **_WITHOUT,
        **uow.common_fields("coupon", new_id("coupon")),
        "duration": ONCE,
        "times_redeemed": 0,
        "valid": True,
        **given,
        "metadata": metadata_fields({}, given.get("metadata")),
    }
    kept = uow.save(coupon) if uow.find("coupon", coupon["id"]) else uow.add(coupon)
    if kept["redeem_by"]:
        uow.remind(kept["redeem_by"], LAPSE_COUPON, kept["id"])
    uow.announce("coupon.created", kept)
    return kept


def update(call: ApiCall) -> Json:
    """Change a coupon's name or our notes on it; what it takes off never changes."""
    coupon = call.uow.living("coupon", call.object_id)
    return call.uow.change(coupon, "coupon.updated", **call.changes_to(coupon))


def delete(call: ApiCall) -> Json:
    """Delete a coupon; discounts that were given stay."""
    coupon = lapse_coupon(call.uow, call.uow.living("coupon", call.object_id))
    call.uow.forget(LAPSE_COUPON, coupon["id"])
    call.uow.announce("coupon.deleted", coupon)
    return call.uow.save({"id": coupon["id"], "object": "coupon", "deleted": True})


def redeem_coupon(uow: UnitOfWork, coupon_id: str) -> None:
    """Count a coupon as used once more; the last time it may be used makes it void."""
    coupon = uow.find("coupon", coupon_id)
    if coupon is None or coupon.get("deleted"):
        return
    counted = uow.save(coupon, times_redeemed=coupon["times_redeemed"] + 1)
    if counted["times_redeemed"] == counted["max_redemptions"]:
        lapse_coupon(uow, counted)


def lapse_coupon_when_due(uow: UnitOfWork, coupon_id: str) -> None:
    """Make a coupon void whose last day has come."""
    lapse_coupon(uow, uow.get("coupon", coupon_id))


def lapse_coupon(uow: UnitOfWork, coupon: Json) -> Json:
    """Make a coupon void, and with it the promotion codes that lead to it."""
    for code in uow.owned(coupon["id"], "promotion_code"):
        uow.save(code, active=False)
    return uow.save(coupon, valid=False)


def _refuse_contradiction(uow: UnitOfWork, given: Json) -> None:
    if ("amount_off" in given) == ("percent_off" in given):
        raise RefusedError("You must provide either a value for `percent_off` or `amount_off`.")
    if ("currency" in given) != ("amount_off" in given):
        raise (
            missing("currency")
            if "amount_off" in given
            else RefusedError("You cannot pass `currency` with `percent_off`.", param="currency")
        )
    if ("duration_in_months" in given) != (given.get("duration") == REPEATING):
        raise RefusedError("`duration_in_months` goes with the duration `repeating`.", param="duration_in_months")
    if given.get("redeem_by", uow.now + 1) <= uow.now:
        raise RefusedError("redeem_by must be a timestamp in the future.", param="redeem_by")
    held = uow.find("coupon", given["id"]) if "id" in given else None
    if held and not held.get("deleted"):
        raise RefusedError("Coupon already exists.", code="resource_already_exists", param="id")

"""Promotion codes: the words by which buyers ask for a coupon (docs.stripe.com/api/promotion_codes)."""

from sqlalchemy import func, select

from webapp.kit import randomness
from webapp.kit.translatable import _
from webapp.stripe_sandbox.params import (
    Params,
    boolean,
    choice,
    currency,
    integer,
    metadata,
    metadata_fields,
    positive,
    text,
)
from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

LAPSE_CODE = "promotion_code_lapses"
UNKNOWN = _("This code is not valid.")
LAPSED = _("This code has expired.")
ELSEWHERE = _("This code does not apply to this purchase.")
_RESTRICTIONS = Params(
    {"first_time_transaction": boolean, "minimum_amount": positive, "minimum_amount_currency": currency}
)
FIELDS = Params(
    {
        "active": boolean,
        "code": text,
        "customer": text,
        "expires_at": integer,
        "max_redemptions": positive,
        "metadata": metadata,
        "promotion": Params({"coupon": text, "type": choice("coupon")}, frozenset({"coupon", "type"})),
        "restrictions": _RESTRICTIONS,
    },
    frozenset({"promotion"}),
)
CHANGES = Params({"active": boolean, "metadata": metadata})


def create(call: ApiCall) -> Json:
    """Make a promotion code for a coupon; without a code given, one by chance."""
    uow, given = call.uow, call.params
    coupon = uow.living("coupon", given["promotion"]["coupon"], "promotion[coupon]")
    _refuse(uow, given, coupon)
    free = {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None}
    code = uow.add(
        {
            **dict.fromkeys(("customer", "customer_account", "expires_at", "max_redemptions")),
            **uow.common_fields("promotion_code", new_id("promo")),
            "active": True,
            "code": randomness.token(4).upper(),
            "times_redeemed": 0,
            **given,
            "metadata": metadata_fields({}, given.get("metadata")),
            "restrictions": free | given.get("restrictions", {}),
        },
        owner=coupon["id"],
    )
    if code["expires_at"]:
        uow.remind(code["expires_at"], LAPSE_CODE, code["id"])
    uow.announce("promotion_code.created", code)
    return code


def update(call: ApiCall) -> Json:
    """Switch a promotion code on or off, or change our notes on it."""
    code = call.uow.get("promotion_code", call.object_id)
    changes = call.changes_to(code)
    if changes.get("active") and not code["active"] and _lapsed(call.uow, code):
        raise RefusedError("A promotion code that has expired or is used up cannot be activated.", param="active")
    return call.uow.change(code, "promotion_code.updated", **changes)


def lapse_code_when_due(uow: UnitOfWork, code_id: str) -> None:
    """Make a promotion code void whose last day has come."""
    uow.save(uow.get("promotion_code", code_id), active=False)


def find_code(uow: UnitOfWork, typed: str) -> Json | None:
    """Return the promotion code that a buyer typed in, whatever its case; an active one before those that were."""
    written = func.lower(func.json_extract(objects.c.body, "$.code"))
    query = select(objects.c.body).where(objects.c.object == "promotion_code", written == typed.strip().lower())
    found = list(uow.connection.scalars(query.order_by(objects.c.sequence.desc())))
    return next((code for code in found if code["active"]), found[0] if found else None)


def objection(uow: UnitOfWork, code: Json, session: Json) -> str:
    """Return why a session cannot have a promotion code, in a sentence for its buyer; "" when it can."""
    if not code["active"]:
        return LAPSED if _lapsed(uow, code) else UNKNOWN
    return "" if _fits(uow, code, session) else ELSEWHERE


def redeem_code(uow: UnitOfWork, code_id: str) -> None:
    """Count a promotion code as used once more; the last time it may be used makes it void."""
    code = uow.get("promotion_code", code_id)
    used = code["times_redeemed"] + 1
    uow.save(code, active=code["active"] and used != code["max_redemptions"], times_redeemed=used)


def _lapsed(uow: UnitOfWork, code: Json) -> bool:
    coupon = uow.get("coupon", code["promotion"]["coupon"])
    past = code["expires_at"] is not None and code["expires_at"] <= uow.now
    return past or code["times_redeemed"] == code["max_redemptions"] or not coupon.get("valid")


def _fits(uow: UnitOfWork, code: Json, session: Json) -> bool:
    """Whether a code is for this buyer, this currency and an amount like this."""
    restrictions, coupon = code["restrictions"], uow.get("coupon", code["promotion"]["coupon"])
    if code["customer"] not in {None, session["customer"]}:
        return False
    if coupon["currency"] not in {None, session["currency"]}:
        return False
    if restrictions["first_time_transaction"] and _has_paid_before(uow, session["customer"]):
        return False
    least, in_currency = restrictions["minimum_amount"], restrictions["minimum_amount_currency"]
    return least is None or (session["amount_subtotal"] >= least and session["currency"] == in_currency)


def _has_paid_before(uow: UnitOfWork, customer: str | None) -> bool:
    return customer is not None and any(charge["paid"] for charge in uow.with_customer("charge", customer))


def _refuse(uow: UnitOfWork, given: Json, coupon: Json) -> None:
    if not coupon["valid"]:
        raise RefusedError("This coupon is no longer valid.", code="coupon_expired", param="promotion[coupon]")
    if given.get("expires_at", uow.now + 1) <= uow.now:
        raise RefusedError("expires_at must be a timestamp in the future.", param="expires_at")
    if "customer" in given:
        uow.living("customer", given["customer"], "customer")
    held = find_code(uow, given["code"]) if "code" in given else None
    if held and held["active"]:
        raise RefusedError("An active promotion code with `code` already exists.", param="code")
    amounts = given.get("restrictions", {}).keys() & {"minimum_amount", "minimum_amount_currency"}
    if len(amounts) == 1:
        raise RefusedError("A minimum amount needs its currency.", param="restrictions")

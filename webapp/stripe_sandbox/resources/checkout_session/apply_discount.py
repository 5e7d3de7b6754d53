"""A Checkout session at a lower price: by a coupon of ours, or by the code that its buyer types in."""

from webapp.stripe_sandbox.resources import coupons, discounts, promotion_codes, taxes
from webapp.stripe_sandbox.stripe_errors import RefusedError, refuse_small_charge
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork


class WrongCodeError(Exception):
    """A promotion code that cannot be had, with a sentence for the buyer."""


def reduce_as_asked(uow: UnitOfWork, session: Json, given: list[Json]) -> Json:
    """Put on a new session the discount that it was asked for with; raise RefusedError for one that is not valid."""
    if session["allow_promotion_codes"] and given:
        raise RefusedError("You may only specify one of these parameters: allow_promotion_codes, discounts.")
    if len(given) > 1:
        raise RefusedError("You can only pass one discount.", param="discounts")
    for asked in given:
        if len(asked) != 1:
            raise RefusedError("A discount is either a coupon or a promotion code.", param="discounts")
        code = _asked_code(uow, session, asked)
        coupon = uow.living("coupon", code["promotion"]["coupon"] if code else asked["coupon"], "discounts[0][coupon]")
        if not coupon["valid"] or coupon["currency"] not in {None, session["currency"]}:
            raise RefusedError("This coupon cannot be redeemed here.", code="coupon_expired", param="discounts")
        session = _reduce(uow, session, coupon, code)
    refuse_small_charge(session["amount_total"], session["currency"])
    return session


def with_code(uow: UnitOfWork, session: Json, typed: str) -> Json:
    """Return a session reduced by the promotion code that its buyer typed in; without one, as it is.

    Raise WrongCodeError with a sentence when the code, or the one that was typed in before, does not hold.
    """
    code = _typed_code(uow, session, typed) if typed else _present_code(uow, session)
    objection = promotion_codes.objection(uow, code, session) if code else ""
    if objection:
        raise WrongCodeError(objection)
    if not typed or code is None:
        return session
    reduced = _reduce(uow, remove_discount(uow, session), uow.get("coupon", code["promotion"]["coupon"]), code)
    try:
        refuse_small_charge(reduced["amount_total"], session["currency"])
    except RefusedError as refusal:
        remove_discount(uow, reduced)
        raise WrongCodeError(promotion_codes.ELSEWHERE) from refusal
    return reduced


def remove_discount(uow: UnitOfWork, session: Json) -> Json:
    """Take the promotion code off a session again."""
    if not session["allow_promotion_codes"] or not session["discounts"]:
        return session
    for discount in uow.owned(session["id"], "discount"):
        uow.remove(discount["id"])
    for item in uow.owned(session["id"], "item"):
        uow.save(item, amount_discount=0, discounts=[])
    return total_session(uow, session, [])


def redeem_discounts(uow: UnitOfWork, session: Json) -> None:
    """Count what a session was reduced by as used."""
    for discount in uow.owned(session["id"], "discount"):
        coupons.redeem_coupon(uow, discount["source"]["coupon"])
        if discount["promotion_code"]:
            promotion_codes.redeem_code(uow, discount["promotion_code"])


def _typed_code(uow: UnitOfWork, session: Json, typed: str) -> Json:
    code = promotion_codes.find_code(uow, typed)
    if code is None:
        raise WrongCodeError(promotion_codes.UNKNOWN)
    if not session["allow_promotion_codes"]:
        raise WrongCodeError(promotion_codes.ELSEWHERE)
    return code


def _present_code(uow: UnitOfWork, session: Json) -> Json | None:
    """Return the code that the buyer typed in before; one that we gave was checked then, and holds."""
    if not session["allow_promotion_codes"] or not session["discounts"]:
        return None
    return uow.get("promotion_code", session["discounts"][0]["promotion_code"])


def _asked_code(uow: UnitOfWork, session: Json, asked: Json) -> Json | None:
    if "promotion_code" not in asked:
        return None
    code = uow.get("promotion_code", asked["promotion_code"], "discounts[0][promotion_code]")
    objection = promotion_codes.objection(uow, code, session)
    if objection:
        raise RefusedError(objection, param="discounts[0][promotion_code]")
    return code


def _reduce(uow: UnitOfWork, session: Json, coupon: Json, code: Json | None) -> Json:
    discount = discounts.make_discount(uow, session, coupon, code["id"] if code else None)
    items = uow.owned(session["id"], "item")
    parts = discounts.taken_off(coupon, [item["amount_subtotal"] for item in items], session["currency"])
    for item, part in zip(items, parts, strict=True):
        shown = [{"amount": part, "discount": discount}] if part else []
        uow.save(item, amount_discount=part, discounts=shown)
    shown_as = {"coupon": None if code else coupon["id"], "promotion_code": code["id"] if code else None}
    return total_session(uow, session, [shown_as])


def total_session(uow: UnitOfWork, session: Json, discounts_shown: list[Json]) -> Json:
    """Keep what a session comes to: its items less their discounts, and the tax on that."""
    items = [_total_item(uow, session, item) for item in uow.owned(session["id"], "item")]
    sums = {name: sum(item[name] for item in items) for name in ("amount_discount", "amount_tax", "amount_total")}
    total, details = sums.pop("amount_total"), session["total_details"] | sums
    return uow.save(session, amount_total=total, discounts=discounts_shown, total_details=details)


def _total_item(uow: UnitOfWork, session: Json, item: Json) -> Json:
    left = item["amount_subtotal"] - item["amount_discount"]
    tax = taxes.tax_on(uow, left, session["currency"]) if session["automatic_tax"]["enabled"] else 0
    return uow.save(item, amount_tax=tax, amount_total=left + tax)

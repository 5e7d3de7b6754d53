"""Discounts: coupons at work on a session and on the invoices after it (docs.stripe.com/api/discounts)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from webapp.kit import stripe_amounts
from webapp.stripe_sandbox.billing_periods import Cycle
from webapp.stripe_sandbox.resources.coupons import ONCE, REPEATING, WHOLE
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

END_DISCOUNT = "discount_ends"


def make_discount(uow: UnitOfWork, session: Json, coupon: Json, promotion_code: str | None) -> Json:
    """Keep what a coupon takes off a session; the coupon's terms stay as they are now."""
    return uow.add(
        {
            **dict.fromkeys(
                ("customer_account", "end", "invoice", "invoice_item", "subscription", "subscription_item")
            ),
            "id": new_id("di"),
            "object": "discount",
            "checkout_session": session["id"],
            "customer": session["customer"],
            "promotion_code": promotion_code,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": uow.now,
        },
        owner=session["id"],
        memo={"coupon": coupon},
    )


def taken_off(coupon: Json, amounts: Sequence[int], charged_in: str | None = None) -> list[int]:
    """Return what a coupon takes off each of some amounts, in whole minor units, all of it shared out by size.

    What is left is charged at once where a currency is named, and then goes by that currency's steps.
    """
    total = sum(amounts)
    if coupon["percent_off"] is None:
        whole = min(int(coupon["amount_off"]), total)
    else:
        exact = Decimal(str(coupon["percent_off"])) * total / WHOLE
        whole = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if charged_in:
        whole = total - stripe_amounts.round_to_step(total - whole, charged_in)
    upto = [whole * sum(amounts[:number]) // total if total else 0 for number in range(len(amounts) + 1)]
    return [after - before for before, after in pairwise(upto)]


def accompany(uow: UnitOfWork, session: Json, subscription: Json) -> None:
    """Let a session's discounts go on with the subscription that was bought, for as long as their coupons say."""
    for discount in uow.owned(session["id"], "discount"):
        coupon = uow.memo(discount["id"])["coupon"]
        months = coupon["duration_in_months"] if coupon["duration"] == REPEATING else None
        end = Cycle(uow.now, "month", months).boundary(1) if months else None
        bound = {"customer": subscription["customer"], "end": end, "start": uow.now, "subscription": subscription["id"]}
        uow.announce("customer.discount.created", uow.save(discount, **bound))
        if end:
            uow.remind(end, END_DISCOUNT, discount["id"])


def reduce(uow: UnitOfWork, subscription: Json, lines: list[Json]) -> tuple[list[Json], list[Json]]:
    """Return an invoice's lines with what a subscription's discounts take off, and the sum per discount.

    A discount that holds once is used up by the first invoice from which it takes something.
    """
    sums: list[Json] = []
    for discount in _running(uow, subscription):
        coupon = uow.memo(discount["id"])["coupon"]
        open_amounts = [_open(line) for line in lines]
        parts = taken_off(coupon, open_amounts)
        lines = [_reduced(line, discount["id"], part) for line, part in zip(lines, parts, strict=True)]
        sums.append({"amount": sum(parts), "discount": discount["id"]})
        if coupon["duration"] == ONCE and sum(parts):
            uow.remind(uow.now, END_DISCOUNT, discount["id"])
    return lines, sums


def end_discount_when_due(uow: UnitOfWork, discount_id: str) -> None:
    """Take a discount off its subscription."""
    discount = uow.get("discount", discount_id)
    ended = uow.save(discount, end=discount["end"] or uow.now)
    subscription = uow.get("subscription", discount["subscription"])
    left = [one for one in subscription["discounts"] if one != discount_id]
    uow.announce("customer.discount.deleted", ended)
    uow.change(subscription, "customer.subscription.updated", discounts=left)


def _running(uow: UnitOfWork, subscription: Json) -> list[Json]:
    found = [uow.get("discount", discount_id) for discount_id in subscription["discounts"]]
    return [discount for discount in found if discount["end"] is None or discount["end"] > uow.now]


def _open(line: Json) -> int:
    """Return what can still be taken off a line: nothing from a credit, or from what is not discounted."""
    left = int(line["amount"]) - sum(entry["amount"] for entry in line["discount_amounts"])
    return max(left, 0) if line["discountable"] else 0


def _reduced(line: Json, discount: str, amount: int) -> Json:
    if not amount:
        return line
    return line | {"discount_amounts": [*line["discount_amounts"], {"amount": amount, "discount": discount}]}

"""What lessens what is paid: discounts on a subscription's bills, and what a bank took for a dispute."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from webapp.billing.gateway.json_values import maybe_moment, parse_amount, parse_moment
from webapp.billing.gateway.reductions import DiscountTerms, Withdrawal

Json = dict[str, Any]


def parse_discounts(subscription: Json) -> Iterator[DiscountTerms]:
    """Yield the discounts on a subscription and on its items, in Stripe's order: those on items come first."""
    of_items = [one for item in subscription["items"]["data"] for one in item.get("discounts") or ()]
    for discount in [*of_items, *(subscription.get("discounts") or ())]:
        yield _discount({"id": discount} if isinstance(discount, str) else discount)


def _discount(discount: Json) -> DiscountTerms:
    """Read a discount; what was stored before its coupon was asked for, or of a deleted coupon, has no terms."""
    coupon = (discount.get("source") or {}).get("coupon")
    terms = coupon if isinstance(coupon, dict) else {}
    percent, amount = terms.get("percent_off"), terms.get("amount_off")
    return DiscountTerms(
        id=discount["id"],
        percent=None if percent is None else Decimal(str(percent)),
        amount=None if amount is None else parse_amount(amount),
        once=terms.get("duration") == "once",
        starts_at=maybe_moment(discount.get("start")),
        ends_at=maybe_moment(discount.get("end")),
    )


def parse_withdrawals(disputes: Iterable[Json]) -> Iterator[Withdrawal]:
    """Yield what banks took and brought back, in the currency that was charged, as it moved on our balance."""
    for dispute in disputes:
        for moved in dispute.get("balance_transactions") or ():
            amount = parse_amount(dispute["amount"])
            yield Withdrawal(
                id=moved["id"],
                payment_intent_id=str(dispute["payment_intent"]),
                amount=amount if moved["amount"] < 0 else -amount,
                at=parse_moment(moved["created"]),
            )

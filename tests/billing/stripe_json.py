"""Subscriptions and their bills as Stripe describes them, with days instead of moments: day 0 is when it began."""

from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import SubscriptionFacts, TargetType
from webapp.billing.gateway.json_parser import parse_facts

Json = dict[str, Any]
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SOLD = SoldProducts(frozenset({"prod_ours"}), frozenset({"price_month", "price_year"}))


def day(number: float) -> datetime:
    return BEGAN + timedelta(days=number)


def seconds(number: float) -> int:
    return int(day(number).timestamp())


def item(ends: float, price: str = "price_month", product: str = "prod_ours", begins: float = 0, **more: Any) -> Json:
    """Return an item of a subscription whose present period ends on a day."""
    recurring = {"interval": "year" if price == "price_year" else "month", "interval_count": 1}
    priced = {"id": price, "product": product, "unit_amount": 2500, "recurring": recurring} | more
    return {
        "id": "si_1",
        "price": priced,
        "quantity": 1,
        "current_period_start": seconds(begins),
        "current_period_end": seconds(ends),
    }


def line(
    name: str, begins: float, ends: float, amount: int = 2500, price: str | None = "price_month", **more: Any
) -> Json:
    """Return a line of a bill; `credits` names the lines that a negative one takes back, `by_hand` one on no item."""
    by_hand, credited = more.pop("by_hand", False), more.pop("credits", None)
    credited_items = {"invoice": "in_x", "invoice_line_items": credited} if credited else None
    details = {
        "subscription": "sub_1",
        "proration": amount < 0 and not by_hand,
        "proration_details": {"credited_items": credited_items},
    } | more.pop("details", {})
    kind = "invoice_item_details" if by_hand or more.pop("as_item", False) else "subscription_item_details"
    product = more.pop("product", "prod_ours")
    return {
        "id": name,
        "amount": amount,
        "period": {"start": seconds(begins), "end": seconds(ends)},
        "parent": {kind: details},
        "pricing": {"price_details": {"price": price, "product": product}},
    } | more


def bill(name: str, status: str, on: float, *lines: Json, paid: int | None = None, **more: Any) -> Json:
    """Return a bill that was made on a day, paid by one payment where it is paid and comes to something."""
    total = more.pop("total", sum(one["amount"] for one in lines))
    cash = (max(total, 0) if status == "paid" else 0) if paid is None else paid
    entry = {
        "status": "paid" if status == "paid" else "open",
        "amount_paid": cash,
        "payment": {"payment_intent": f"pi_{name}"},
    }
    return {
        "id": name,
        "status": status,
        "created": seconds(on),
        "effective_at": None if status == "draft" else seconds(on),
        "due_date": None,
        "collection_method": "charge_automatically",
        "attempt_count": 1 if status == "open" else 0,
        "currency": "cny",
        "total": total,
        "amount_paid": cash,
        "amount_remaining": total - cash,
        "hosted_invoice_url": f"https://invoice.stripe.com/{name}",
        "payments": {"data": [entry] if cash or status == "open" else []},
        "post_payment_credit_notes_amount": 0,
        "status_transitions": {"paid_at": seconds(on) if status == "paid" else None},
        "lines": {"data": list(lines)},
    } | more


def refund(name: str, amount: int, on: float, status: str = "succeeded") -> Json:
    """Return a refund of a bill's payment."""
    return {
        "id": f"re_{name}_{amount}_{status}",
        "payment_intent": f"pi_{name}",
        "amount": amount,
        "status": status,
        "created": seconds(on),
    }


def noted(*notes: Json) -> Json:
    """Return a paid bill of a month of which there are credit notes, told of by themselves."""
    amount = sum(note["post_payment_amount"] for note in notes if note["status"] == "issued")
    listed = {"post_payment_credit_notes_amount": amount, "credit_notes": list(notes)}
    return bill("in_1", "paid", 0, line("il_1", 0, 30), **listed)


def note(amount: int, *, refunded: int = 0, status: str = "issued") -> Json:
    """Return a credit note of day 3; `refunded` is what it gives back by a refund."""
    refunds = [{"refund": "re_1", "amount_refunded": refunded}] if refunded else []
    return {"status": status, "post_payment_amount": amount, "refunds": refunds, "created": seconds(3)}


def described(
    *bills: Json,
    items: tuple[Json, ...] | None = None,
    refunds: tuple[Json, ...] = (),
    disputes: tuple[Json, ...] = (),
    intents: dict[str, str] | None = None,
    **changed: Any,
) -> Json:
    """Return all that Stripe says of a subscription; bills are given the oldest first."""
    body = {
        "id": "sub_1",
        "customer": "cus_1",
        "currency": "cny",
        "status": "active",
        "start_date": seconds(0),
        "metadata": {},
        "items": {"data": list(items or (item(60, begins=30),))},
    }
    return {
        "subscription": body | changed,
        "invoices": list(bills)[::-1],
        "payment_intents": {name: {"status": status} for name, status in (intents or {}).items()},
        "refunds": list(refunds),
        "disputes": list(disputes),
    }


def facts(*bills: Json, **more: Any) -> SubscriptionFacts:
    """Return what is read from all that Stripe says of a subscription."""
    found = parse_facts(TargetType.SUBSCRIPTION, described(*bills, **more))
    assert isinstance(found, SubscriptionFacts)
    return found

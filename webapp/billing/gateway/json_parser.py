"""The one reader of Stripe's JSON, fresh or stored: nobody outside of this package looks into it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from webapp.billing.gateway.facts import (
    CheckoutFacts,
    CustomerFacts,
    MoneyBack,
    OpenInvoice,
    PaidInvoice,
    Refund,
    SubscriptionFacts,
    TargetFacts,
    TargetType,
)
from webapp.kit.money import Money

Json = dict[str, Any]
PURCHASE_KEY = "paidspan_purchase"

_OWED = {"open", "uncollectible"}  # of invoices
_PENDING = {"processing", "requires_action", "requires_confirmation", "requires_capture"}  # of payment intents
# Of disputes: the bank has the money.
_SUSPENDS = {"needs_response", "under_review", "lost"}
_SUSPENDS_PREFIX = "appeal_"
# An invoice for one of these reasons bills a period; the others bill a change within it.
_BILLS_A_PERIOD = {"subscription_create", "subscription_cycle"}


def parse_facts(type_: TargetType, raw: object) -> TargetFacts:
    """Return what the JSON of a target says, as `fetch_snapshot` put it together."""
    found = cast("Json", raw)
    match type_:
        case TargetType.SUBSCRIPTION:
            return _subscription(found)
        case TargetType.CHECKOUT:
            return _checkout(found)
        case TargetType.CUSTOMER:
            return CustomerFacts(found["customer"]["id"], deleted=bool(found["customer"].get("deleted")))


def read_purchase_mark(stripe_object: Json) -> str | None:
    """Return our mark on one of Stripe's objects."""
    value = (stripe_object.get("metadata") or {}).get(PURCHASE_KEY)
    return str(value) if value else None


def _subscription(found: Json) -> SubscriptionFacts:
    """Read `subscription`, `invoices` (newest first, with their payments), `refunds` and `disputes`."""
    subscription, invoices = found["subscription"], found["invoices"]
    items = subscription["items"]["data"]
    period_end = max(item["current_period_end"] for item in items)
    payments = find_present_payments(invoices)
    return SubscriptionFacts(
        id=subscription["id"],
        purchase_id=read_purchase_mark(subscription),
        customer_id=subscription["customer"],
        price_ids=frozenset(item["price"]["id"] for item in items),
        renewal_price=Money(sum(_price_of_item(item) for item in items), subscription["currency"]),
        status=subscription["status"],
        started_at=parse_moment(subscription["start_date"]),
        period_ends_at=parse_moment(period_end),
        trial_ends_at=_maybe(subscription.get("trial_end")),
        cancels_at=_cancels_at(subscription, period_end),
        ended_at=_maybe(subscription.get("ended_at")),
        collection_paused=bool(subscription.get("pause_collection")),
        owes=any(invoice["status"] in _OWED for invoice in invoices),
        open_invoices=tuple(_open_invoice(invoice) for invoice in invoices if invoice["status"] == "open"),
        paid_invoices=tuple(_paid_invoices(invoices)),
        payments=tuple(payments),
        money_back=reckon_money_back(found, payments),
    )


def _price_of_item(item: Json) -> int:
    """Return what an item costs each time; one that is metered, which we never sell, has no price to tell."""
    return (item["price"].get("unit_amount") or 0) * (item.get("quantity") or 0)


def _checkout(found: Json) -> CheckoutFacts:
    """Read `session`, `payment_intent` (or None), `refunds` and `disputes`."""
    session, intent = found["session"], found["payment_intent"]
    charge = intent.get("latest_charge") if intent else None
    paid = charge["created"] if isinstance(charge, Mapping) else session["created"]
    return CheckoutFacts(
        id=session["id"],
        purchase_id=session.get("client_reference_id"),
        customer_id=session.get("customer"),
        status=session["status"],
        payment_status=session["payment_status"],
        payment_pending=bool(intent) and intent["status"] in _PENDING,
        payment_intent_id=intent["id"] if intent else None,
        price=Money(session["amount_total"], session["currency"]),
        paid_at=parse_moment(paid),
        money_back=reckon_money_back(found, {intent["id"]: intent["amount_received"]} if intent else {}),
    )


def _paid_invoices(invoices: Iterable[Json]) -> Iterator[PaidInvoice]:
    """Yield the invoices that were paid with money."""
    for invoice in invoices:
        if invoice["status"] == "paid" and invoice["amount_paid"] > 0:
            periods = [line["period"] for line in invoice["lines"]["data"]]
            yield PaidInvoice(
                id=invoice["id"],
                price_ids=frozenset(_billed(invoice)),
                payment_intent_id=next(iter(_payments(invoice)), None),
                paid=Money(invoice["amount_paid"], invoice["currency"]),
                paid_at=parse_moment(invoice["status_transitions"]["paid_at"] or invoice["created"]),
                period_starts_at=parse_moment(min(period["start"] for period in periods)),
                period_ends_at=parse_moment(max(period["end"] for period in periods)),
            )


def _billed(invoice: Json) -> Iterator[str]:
    """Yield the prices that an invoice bills; what it credits at a switch is no longer one of them."""
    for line in invoice["lines"]["data"]:
        price = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
        if line["amount"] >= 0 and price:
            yield price


def _open_invoice(invoice: Json) -> OpenInvoice:
    return OpenInvoice(
        id=invoice["id"],
        owed_since=parse_moment(invoice.get("effective_at") or invoice["created"]),  # due_date: null where it charges
        failed=invoice["attempt_count"] > 0,
        owed=Money(invoice["amount_remaining"], invoice["currency"]),
    )


def find_present_payments(invoices: Iterable[Json]) -> dict[str, int]:
    """Return what paid for the present period, by payment intent, from invoices with the newest first."""
    found: dict[str, int] = {}
    for invoice in invoices:
        if invoice["status"] != "paid":
            continue
        found |= _payments(invoice)
        if invoice["billing_reason"] in _BILLS_A_PERIOD:
            break
    return found


def _payments(invoice: Json) -> dict[str, int]:
    return {
        entry["payment"]["payment_intent"]: entry["amount_paid"] or 0
        for entry in invoice["payments"]["data"]
        if entry["status"] == "paid" and entry["payment"].get("payment_intent")
    }


def reckon_money_back(found: Json, payments: dict[str, int]) -> MoneyBack:
    """Return whether payments were given back in full, from the sum of their refunds, or are in dispute."""
    refunds = tuple(parse_refund(one) for one in found["refunds"])
    given = [refund for refund in refunds if refund.arrived and refund.payment_intent_id in payments]
    whole = bool(given) and sum(refund.arrived for refund in given) >= sum(payments.values())
    return MoneyBack(
        max(refund.created_at for refund in given) if whole else None,
        any(_suspends(one["status"]) for one in found["disputes"] if one["payment_intent"] in payments),
        refunds,
        tuple(one["id"] for one in found["disputes"]),
    )


def parse_refund(found: Json) -> Refund:
    """Return what Stripe says of a refund."""
    arrived = found["amount"] if found["status"] == "succeeded" else 0
    return Refund(found["payment_intent"], arrived, parse_moment(found["created"]))


def _suspends(status: str) -> bool:
    return status in _SUSPENDS or status.startswith(_SUSPENDS_PREFIX)


def _cancels_at(subscription: Json, period_end: int) -> datetime | None:
    # A cancellation in the portal sets cancel_at and leaves cancel_at_period_end false; the API may set either.
    if subscription.get("cancel_at"):
        return parse_moment(subscription["cancel_at"])
    return parse_moment(period_end) if subscription.get("cancel_at_period_end") else None


def parse_moment(seconds: int) -> datetime:
    """Return a moment from Stripe's seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _maybe(seconds: int | None) -> datetime | None:
    return parse_moment(seconds) if seconds else None

"""The one reader of Stripe's JSON, fresh or stored: nobody outside of this package looks into it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from webapp.billing.gateway.facts import (
    CheckoutFacts,
    CustomerFacts,
    MoneyBack,
    PriceRef,
    Refund,
    SoldLine,
    SubscriptionFacts,
    SubscriptionItem,
    TargetFacts,
    TargetType,
)
from webapp.billing.gateway.invoice_parser import parse_invoice, payments_of
from webapp.billing.gateway.json_values import maybe_moment, parse_amount, parse_moment, parse_money
from webapp.billing.gateway.tax_parser import parse_session_tax

Json = dict[str, Any]
PURCHASE_KEY = "paidspan_purchase"
OUR_COMMENT = "paidspan: given back"  # in `cancellation_details.comment`

_PENDING = {"processing", "requires_action", "requires_confirmation", "requires_capture"}  # of payment intents
# Of disputes: the bank has the money.
_SUSPENDS = {"needs_response", "under_review", "lost"}
_SUSPENDS_PREFIX = "appeal_"


class UnreadableError(ValueError):
    """Stripe describes something in a way that this version cannot read."""


def parse_facts(type_: TargetType, raw: object) -> TargetFacts:
    """Return what the JSON of a target says, as `fetch_snapshot` put it together; raise UnreadableError."""
    found = cast("Json", raw)
    with reading(type_):
        match type_:
            case TargetType.SUBSCRIPTION:
                return _subscription(found)
            case TargetType.CHECKOUT:
                return _checkout(found)
            case _:
                return _customer(found["customer"])


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Raise UnreadableError where JSON of Stripe's has another shape than it is read by."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
        raise UnreadableError(f"{what}: {error!r}") from error


def read_purchase_mark(stripe_object: Json) -> str | None:
    """Return our mark on one of Stripe's objects."""
    value = (stripe_object.get("metadata") or {}).get(PURCHASE_KEY)
    return str(value) if value else None


def _customer(found: Json) -> CustomerFacts:
    return CustomerFacts(found["id"], deleted=bool(found.get("deleted")), currency=found.get("currency") or "")


def _subscription(found: Json) -> SubscriptionFacts:
    """Read `subscription`, `invoices` (newest first, with their payments), `payment_intents`, `refunds`, `disputes`."""
    subscription = found["subscription"]
    items = subscription["items"]["data"]
    refunds = tuple(parse_refund(one) for one in found["refunds"])
    intents = found.get("payment_intents", {})
    invoices = found["invoices"][::-1]
    disputed = {one["payment_intent"] for one in found["disputes"] if _suspends(one["status"])}
    reaching = invoices_reaching(subscription, invoices)
    return SubscriptionFacts(
        id=subscription["id"],
        purchase_id=read_purchase_mark(subscription),
        customer_id=str(subscription["customer"]),
        items=tuple(_item(item, subscription["currency"]) for item in items),
        status=str(subscription["status"]),
        started_at=parse_moment(subscription["start_date"]),
        trial_ends_at=maybe_moment(subscription.get("trial_end")),
        cancels_at=_cancels_at(subscription, max(item["current_period_end"] for item in items)),
        ended_at=maybe_moment(subscription.get("ended_at")),
        collection_paused=bool(subscription.get("pause_collection")),
        closed_by_us=(subscription.get("cancellation_details") or {}).get("comment") == OUR_COMMENT,
        invoices=tuple(parse_invoice(invoice, subscription["id"], intents, refunds) for invoice in invoices),
        disputed_invoices=frozenset(one["id"] for one in reaching if disputed & payments_of(one).keys()),
        refunds=refunds,
        dispute_ids=tuple(one["id"] for one in found["disputes"]),
    )


def invoices_reaching(subscription: Json, invoices: Iterable[Json]) -> Iterator[Json]:
    """Yield the bills for any time that is not over at the beginning of a subscription's present period."""
    begin = min(item["current_period_start"] for item in subscription["items"]["data"])
    for invoice in invoices:
        if invoice["created"] >= begin or any(line["period"]["end"] > begin for line in invoice["lines"]["data"]):
            yield invoice


def _item(item: Json, currency: str) -> SubscriptionItem:
    """Read an item; one that is metered, which we never sell, has no price to tell."""
    price = item["price"]
    recurring = price.get("recurring") or {}
    return SubscriptionItem(
        id=item["id"],
        ref=PriceRef(price["id"], price["product"]),
        price=parse_money((price.get("unit_amount") or 0) * (item.get("quantity") or 0), currency),
        interval=str(recurring.get("interval") or "month"),
        interval_count=recurring.get("interval_count") or 1,
        period_ends_at=parse_moment(item["current_period_end"]),
    )


def _checkout(found: Json) -> CheckoutFacts:
    """Read `session`, `payment_intent` (or None), `refunds` and `disputes`."""
    session, intent = found["session"], found["payment_intent"]
    charge = intent.get("latest_charge") if intent else None
    paid = charge["created"] if isinstance(charge, dict) else session["created"]
    sold = (session.get("line_items") or {}).get("data") or ()
    return CheckoutFacts(
        id=session["id"],
        purchase_id=read_purchase_mark(session),
        typed_reference=session.get("client_reference_id"),
        customer_id=session.get("customer"),
        status=session["status"],
        payment_status=session["payment_status"],
        payment_pending=bool(intent) and intent["status"] in _PENDING,
        payment_intent_id=intent["id"] if intent else None,
        subtotal=parse_money(session["amount_subtotal"], session["currency"]),
        price=parse_money(session["amount_total"], session["currency"]),
        tax=parse_session_tax(session),
        lines=tuple(SoldLine(one["price"]["id"], one["quantity"], one["amount_subtotal"]) for one in sold),
        paid_at=parse_moment(paid),
        money_back=_money_back(found, intent or {"id": None, "amount_received": 0}),
    )


def _money_back(found: Json, intent: Json) -> MoneyBack:
    """Return whether a payment was given back in full, from the sum of its refunds, or is in dispute."""
    refunds = tuple(parse_refund(one) for one in found["refunds"])
    given = [refund for refund in refunds if refund.arrived and refund.payment_intent_id == intent["id"]]
    whole = bool(given) and sum(refund.arrived for refund in given) >= intent["amount_received"]
    return MoneyBack(
        max(refund.created_at for refund in given) if whole else None,
        any(_suspends(one["status"]) for one in found["disputes"] if one["payment_intent"] == intent["id"]),
        refunds,
        tuple(one["id"] for one in found["disputes"]),
    )


def parse_refund(found: Json) -> Refund:
    """Return what Stripe says of a refund."""
    return Refund(
        id=found["id"],
        payment_intent_id=str(found["payment_intent"]),
        amount=parse_amount(found["amount"]),
        failed=found["status"] in {"failed", "canceled"},
        pending=found["status"] not in {"failed", "canceled", "succeeded"},
        created_at=parse_moment(found["created"]),
    )


def _suspends(status: str) -> bool:
    return status in _SUSPENDS or status.startswith(_SUSPENDS_PREFIX)


def _cancels_at(subscription: Json, period_end: int) -> datetime | None:
    # A cancellation in the portal sets cancel_at and leaves cancel_at_period_end false; the API may set either.
    if subscription.get("cancel_at"):
        return parse_moment(subscription["cancel_at"])
    return parse_moment(period_end) if subscription.get("cancel_at_period_end") else None

"""What Stripe's objects say, read once into types. Bundles are JSON as the gateway fetched them; ids are Stripe's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PURCHASE_KEY = "paidspan_purchase"
Json = Mapping[str, Any]

DISPUTE_SUSPENDS = {"needs_response", "under_review", "lost"}
DISPUTE_SUSPENDS_PREFIX = "appeal_"


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """What became of a payment afterwards."""

    refunded_at: datetime | None
    disputed: bool


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as Stripe describes it now; moments in UTC."""

    id: str
    purchase_id: str | None
    customer_id: str
    price_id: str
    status: str
    started_at: datetime
    period_ends_at: datetime
    cancels_at: datetime | None
    ended_at: datetime | None
    collection_paused: bool
    oldest_open_invoice_at: datetime | None
    last_payment: MoneyBack


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """A Checkout session, and what became of its payment."""

    id: str
    purchase_id: str | None
    customer_id: str | None
    status: str
    payment_status: str
    payment_intent_id: str | None
    paid_at: datetime
    afterwards: MoneyBack


def purchase_of(stripe_object: Json) -> str | None:
    """Answers our mark on one of Stripe's objects."""
    value = (stripe_object.get("metadata") or {}).get(PURCHASE_KEY)
    return str(value) if value else None


def read_subscription(bundle: Json) -> SubscriptionFacts:
    """Reads a bundle of `subscription`, `invoices`, `payments`, `refunds`, `disputes`."""
    subscription = bundle["subscription"]
    item = subscription["items"]["data"][0]
    payment_intent = _last_payment_intent(bundle["payments"])
    return SubscriptionFacts(
        id=subscription["id"],
        purchase_id=purchase_of(subscription),
        customer_id=subscription["customer"],
        price_id=item["price"]["id"],
        status=subscription["status"],
        started_at=_moment(subscription["start_date"]),
        period_ends_at=_moment(item["current_period_end"]),
        cancels_at=_cancels_at(subscription, item),
        ended_at=_maybe(subscription.get("ended_at")),
        collection_paused=bool(subscription.get("pause_collection")),
        oldest_open_invoice_at=_oldest_open(bundle["invoices"]),
        last_payment=money_back(bundle, payment_intent),
    )


def read_checkout(bundle: Json) -> CheckoutFacts:
    """Reads a bundle of `session`, `payment_intent` (or None), `refunds`, `disputes`."""
    session, payment = bundle["session"], bundle["payment_intent"]
    charge = payment.get("latest_charge") if payment else None
    paid = charge["created"] if isinstance(charge, Mapping) else session["created"]
    return CheckoutFacts(
        id=session["id"],
        purchase_id=session.get("client_reference_id"),
        customer_id=session.get("customer"),
        status=session["status"],
        payment_status=session["payment_status"],
        payment_intent_id=payment["id"] if payment else None,
        paid_at=_moment(paid),
        afterwards=money_back(bundle, payment["id"] if payment else None),
    )


def money_back(bundle: Json, payment_intent_id: str | None) -> MoneyBack:
    """Answers whether a payment was given back in full, from the sum of its refunds, or is in dispute."""
    if payment_intent_id is None:
        return MoneyBack(None, disputed=False)
    received = _received(bundle, payment_intent_id)
    refunds = [
        refund
        for refund in bundle["refunds"]
        if refund["payment_intent"] == payment_intent_id and refund["status"] == "succeeded"
    ]
    whole = bool(refunds) and sum(refund["amount"] for refund in refunds) >= received
    disputes = [dispute for dispute in bundle["disputes"] if dispute["payment_intent"] == payment_intent_id]
    return MoneyBack(
        _moment(max(refund["created"] for refund in refunds)) if whole else None,
        disputed=any(_suspends(dispute["status"]) for dispute in disputes),
    )


def _received(bundle: Json, payment_intent_id: str) -> int:
    payment = bundle.get("payment_intent")
    if payment and payment["id"] == payment_intent_id:
        return int(payment["amount_received"])
    amounts = (
        entry["amount_paid"] or entry["amount_requested"]
        for entry in bundle["payments"]
        if entry["payment"].get("payment_intent") == payment_intent_id
    )
    return int(next(amounts, 0))


def _suspends(status: str) -> bool:
    return status in DISPUTE_SUSPENDS or status.startswith(DISPUTE_SUSPENDS_PREFIX)


def _cancels_at(subscription: Json, item: Json) -> datetime | None:
    # A cancellation in the portal sets cancel_at and leaves cancel_at_period_end false; the API may set either.
    if subscription.get("cancel_at"):
        return _moment(subscription["cancel_at"])
    return _moment(item["current_period_end"]) if subscription.get("cancel_at_period_end") else None


def _oldest_open(invoices: Iterable[Json]) -> datetime | None:
    # due_date is null where Stripe charges by itself.
    moments = [invoice.get("effective_at") or invoice["created"] for invoice in invoices if invoice["status"] == "open"]
    return _moment(min(moments)) if moments else None


def _last_payment_intent(payments: Iterable[Json]) -> str | None:
    paid = [entry for entry in payments if entry["status"] == "paid" and entry["payment"].get("payment_intent")]
    latest = max(paid, key=lambda entry: int(entry["created"]), default=None)
    return str(latest["payment"]["payment_intent"]) if latest else None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _maybe(seconds: int | None) -> datetime | None:
    return _moment(seconds) if seconds else None

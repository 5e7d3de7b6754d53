"""What Stripe's objects say, read once into types. Bundles are JSON as the gateway fetched them; ids are Stripe's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from webapp.kit.money import Money

PURCHASE_KEY = "paidspan_purchase"
Json = Mapping[str, Any]

DISPUTE_SUSPENDS = {"needs_response", "under_review", "lost"}
DISPUTE_SUSPENDS_PREFIX = "appeal_"


PENDING = {"processing", "requires_action", "requires_confirmation", "requires_capture"}
# An invoice for one of these reasons bills a period; the others bill a change within it.
BILLS_A_PERIOD = {"subscription_create", "subscription_cycle"}


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """What became of a payment afterwards: `refunded_at` when all of it went back."""

    refunded_at: datetime | None
    disputed: bool


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that arrived; `amount` in minor units."""

    payment_intent_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """An invoice that was paid with money: `amount` in minor units, for which prices and which time."""

    id: str
    price_ids: frozenset[str]
    payment_intent_id: str | None
    amount: int
    currency: str
    paid_at: datetime
    period_starts_at: datetime
    period_ends_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that is owed; `failed` once charging it was tried in vain."""

    id: str
    owed_since: datetime
    failed: bool
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as Stripe describes it now; moments in UTC.

    `payments` paid for the present period: those of its bill, and of what changed within it. `last_payment` is what
    became of them together.
    """

    id: str
    purchase_id: str | None
    customer_id: str
    price_ids: frozenset[str]
    status: str
    started_at: datetime
    period_ends_at: datetime
    trial_ends_at: datetime | None
    cancels_at: datetime | None
    ended_at: datetime | None
    collection_paused: bool
    oldest_open_invoice_at: datetime | None
    payments: tuple[Payment, ...]
    last_payment: MoneyBack


@dataclass(frozen=True, slots=True)
class CheckoutFacts:
    """A Checkout session, and what became of its payment; `amount` in minor units, as it was to be paid.

    `payment_pending`: a delayed way of paying was chosen, and has neither paid nor failed yet.
    """

    id: str
    purchase_id: str | None
    customer_id: str | None
    status: str
    payment_status: str
    payment_pending: bool
    payment_intent_id: str | None
    amount: int
    currency: str
    paid_at: datetime
    afterwards: MoneyBack

    @property
    def price(self) -> Money:
        """What was to be paid."""
        return Money(self.amount, self.currency)


def purchase_of(stripe_object: Json) -> str | None:
    """Return our mark on one of Stripe's objects."""
    value = (stripe_object.get("metadata") or {}).get(PURCHASE_KEY)
    return str(value) if value else None


def read_subscription(bundle: Json) -> SubscriptionFacts:
    """Read a bundle of `subscription`, `invoices` (newest first, with their payments), `refunds`, `disputes`."""
    subscription = bundle["subscription"]
    items = subscription["items"]["data"]
    period_end = max(item["current_period_end"] for item in items)
    payments = present_payments(bundle["invoices"])
    return SubscriptionFacts(
        id=subscription["id"],
        purchase_id=purchase_of(subscription),
        customer_id=subscription["customer"],
        price_ids=frozenset(item["price"]["id"] for item in items),
        status=subscription["status"],
        started_at=_moment(subscription["start_date"]),
        period_ends_at=_moment(period_end),
        trial_ends_at=_maybe(subscription.get("trial_end")),
        cancels_at=_cancels_at(subscription, period_end),
        ended_at=_maybe(subscription.get("ended_at")),
        collection_paused=bool(subscription.get("pause_collection")),
        oldest_open_invoice_at=min((invoice.owed_since for invoice in open_invoices(bundle)), default=None),
        payments=payments,
        last_payment=money_back(bundle, payments),
    )


def read_checkout(bundle: Json) -> CheckoutFacts:
    """Read a bundle of `session`, `payment_intent` (or None), `refunds`, `disputes`."""
    session, intent = bundle["session"], bundle["payment_intent"]
    charge = intent.get("latest_charge") if intent else None
    paid = charge["created"] if isinstance(charge, Mapping) else session["created"]
    payments = (Payment(intent["id"], intent["amount_received"]),) if intent else ()
    return CheckoutFacts(
        id=session["id"],
        purchase_id=session.get("client_reference_id"),
        customer_id=session.get("customer"),
        status=session["status"],
        payment_status=session["payment_status"],
        payment_pending=bool(intent) and intent["status"] in PENDING,
        payment_intent_id=intent["id"] if intent else None,
        amount=session["amount_total"],
        currency=session["currency"],
        paid_at=_moment(paid),
        afterwards=money_back(bundle, payments),
    )


def paid_invoices(bundle: Json) -> list[PaidInvoice]:
    """Return the invoices of a subscription that were paid with money."""
    return [
        PaidInvoice(
            id=invoice["id"],
            price_ids=frozenset(_billed(invoice)),
            payment_intent_id=next((payment.payment_intent_id for payment in _payments(invoice)), None),
            amount=invoice["amount_paid"],
            currency=invoice["currency"],
            paid_at=_moment(invoice["status_transitions"]["paid_at"] or invoice["created"]),
            period_starts_at=_moment(min(line["period"]["start"] for line in invoice["lines"]["data"])),
            period_ends_at=_moment(max(line["period"]["end"] for line in invoice["lines"]["data"])),
        )
        for invoice in bundle["invoices"]
        if invoice["status"] == "paid" and invoice["amount_paid"] > 0
    ]


def _billed(invoice: Json) -> Iterator[str]:
    """Yield the prices that an invoice bills; what it credits at a switch is no longer one of them."""
    for line in invoice["lines"]["data"]:
        if line["amount"] >= 0 and line.get("pricing"):
            yield line["pricing"]["price_details"]["price"]


def open_invoices(bundle: Json) -> list[OpenInvoice]:
    """Return the invoices of a subscription that are owed."""
    return [
        OpenInvoice(
            id=invoice["id"],
            owed_since=_moment(invoice.get("effective_at") or invoice["created"]),  # due_date: null where it charges
            failed=invoice["attempt_count"] > 0,
            amount=invoice["amount_remaining"],
            currency=invoice["currency"],
        )
        for invoice in bundle["invoices"]
        if invoice["status"] == "open"
    ]


def present_payments(invoices: Iterable[Json]) -> tuple[Payment, ...]:
    """Return the payments for the present period, from invoices with the newest first."""
    found: list[Payment] = []
    for invoice in invoices:
        if invoice["status"] != "paid":
            continue
        found += _payments(invoice)
        if invoice["billing_reason"] in BILLS_A_PERIOD:
            break
    return tuple(found)


def _payments(invoice: Json) -> list[Payment]:
    return [
        Payment(str(entry["payment"]["payment_intent"]), entry["amount_paid"] or 0)
        for entry in invoice["payments"]["data"]
        if entry["status"] == "paid" and entry["payment"].get("payment_intent")
    ]


def money_back(bundle: Json, payments: Iterable[Payment]) -> MoneyBack:
    """Return whether payments were given back in full, from the sum of their refunds, or are in dispute."""
    received = {payment.payment_intent_id: payment.amount for payment in payments}
    refunds = [refund for refund in succeeded_refunds(bundle) if refund["payment_intent"] in received]
    disputes = [dispute for dispute in bundle["disputes"] if dispute["payment_intent"] in received]
    whole = bool(refunds) and sum(refund["amount"] for refund in refunds) >= sum(received.values())
    return MoneyBack(
        _moment(max(refund["created"] for refund in refunds)) if whole else None,
        disputed=any(_suspends(dispute["status"]) for dispute in disputes),
    )


def succeeded_refunds(bundle: Json) -> list[Json]:
    """Return the refunds that went through; others are on their way, failed, or were called back."""
    return [refund for refund in bundle["refunds"] if refund["status"] == "succeeded"]


def _suspends(status: str) -> bool:
    return status in DISPUTE_SUSPENDS or status.startswith(DISPUTE_SUSPENDS_PREFIX)


def _cancels_at(subscription: Json, period_end: int) -> datetime | None:
    # A cancellation in the portal sets cancel_at and leaves cancel_at_period_end false; the API may set either.
    if subscription.get("cancel_at"):
        return _moment(subscription["cancel_at"])
    return _moment(period_end) if subscription.get("cancel_at_period_end") else None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _maybe(seconds: int | None) -> datetime | None:
    return _moment(seconds) if seconds else None

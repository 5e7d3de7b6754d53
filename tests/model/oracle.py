"""What every reader ought to hold, reckoned straight from Stripe's truth by somebody who never saw the house.

Reads two files with plain SQL: the sandbox's, for what is true at Stripe, and of the application's no more than which
purchase is whose and which prices are ours. Imports nothing of the product; test_oracle.py holds it to that.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

DAY = 86_400
GRACE, SLACK = 7 * DAY, DAY
MARK = "paidspan_purchase"
LOST_TO_THE_BANK = ("needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review")
GONE = ("canceled", "incomplete_expired")
# Why a subscription that stands so opens nothing.
SHUT = {
    "incomplete": "unpaid",
    "incomplete_expired": "unpaid",
    "unpaid": "unpaid",
    "paused": "paused",
    "canceled": "ended",
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """One grant as it ought to be; moments in seconds since 1970. `ends` says nothing where `shut` says why not."""

    reader: int
    source: str
    source_id: str
    document: int | None
    starts: int
    ends: int | None
    shut: str | None


@dataclass(frozen=True)
class Paid:
    """One receipt as it ought to be, in minor units."""

    reader: int
    source_id: str
    amount: int
    refunded: int


@dataclass(frozen=True)
class Purchase:
    """What the application alone knows: whose a purchase is, and of what."""

    id: str
    reader: int
    kind: str
    document: int | None
    days: int | None


@dataclass(frozen=True)
class MoneyBack:
    """What became of payments: `whole_at` is when the last of it went back, if all did."""

    disputed: bool
    whole_at: int | None

    @property
    def shut(self) -> str | None:
        return "disputed" if self.disputed else "refunded" if self.whole_at is not None else None


@dataclass
class Truth:
    """All that is true at Stripe, and whose it is."""

    objects: dict[str, list[Json]]  # by kind, in the order in which they were made
    purchases: dict[str, Purchase]
    prices: set[str]
    by_id: dict[str, Json] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {one["id"]: one for kind in self.objects.values() for one in kind}

    def of(self, kind: str) -> list[Json]:
        return self.objects.get(kind, [])

    def our_subscriptions(self) -> Iterator[tuple[Purchase, Json]]:
        """Ours bears the mark of a purchase that renews, and is sold at a price of ours."""
        for one in self.of("subscription"):
            purchase = self.purchases.get((one["metadata"] or {}).get(MARK, ""))
            renews = purchase is not None and purchase.kind in ("month", "year")
            if purchase and renews and {item["price"]["id"] for item in one["items"]["data"]} & self.prices:
                yield purchase, one

    def our_sessions(self) -> Iterator[tuple[Purchase, Json]]:
        """One payment for a pass or a document, complete and paid: a delayed way of paying may still be on its way."""
        for one in self.of("checkout.session"):
            purchase = self.purchases.get(one["client_reference_id"] or "")
            settled = one["status"] == "complete" and one["payment_status"] in ("paid", "no_payment_required")
            if purchase and purchase.kind in ("pass", "document") and settled:
                yield purchase, one

    def invoices(self, subscription: str) -> list[Json]:
        """A subscription's invoices, the newest first."""
        mine = [one for one in self.of("invoice") if _subscription_of(one) == subscription]
        return mine[::-1]

    def payments(self, invoices: Iterable[Json]) -> dict[str, int]:
        """What was paid for these invoices, by payment intent."""
        ids = {one["id"] for one in invoices}
        return {
            one["payment"]["payment_intent"]: one["amount_paid"]
            for one in self.of("invoice_payment")
            if one["invoice"] in ids and one["status"] == "paid"
        }

    def refunds(self, payments: Iterable[str]) -> list[Json]:
        wanted = set(payments)
        return [one for one in self.of("refund") if one["payment_intent"] in wanted and one["status"] == "succeeded"]

    def money_back(self, payments: dict[str, int]) -> MoneyBack:
        """Refund count by their sum, together; any dispute that has the money with the bank suspends."""
        refunds = self.refunds(payments)
        whole = bool(refunds) and sum(one["amount"] for one in refunds) >= sum(payments.values())
        return MoneyBack(
            any(one["payment_intent"] in payments and one["status"] in LOST_TO_THE_BANK for one in self.of("dispute")),
            max(one["created"] for one in refunds) if whole else None,
        )

    def is_gone(self, customer: str | None) -> bool:
        return bool(customer and self.by_id[customer].get("deleted"))


def _subscription_of(invoice: Json) -> str | None:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return details.get("subscription")


_KINDS = """'subscription', 'checkout.session', 'invoice', 'invoice_payment', 'refund', 'dispute', 'customer',
            'payment_intent', 'charge'"""
_OBJECTS = f"SELECT object, body FROM objects WHERE object IN ({_KINDS}) ORDER BY sequence"


def read_truth(application: sqlite3.Connection, sandbox: sqlite3.Connection) -> Truth:
    """Read both files as they are now."""
    objects: dict[str, list[Json]] = {}
    for kind, body in sandbox.execute(_OBJECTS):
        objects.setdefault(kind, []).append(json.loads(body))
    bought = application.execute("SELECT id, reader_id, kind, document_id, days FROM purchases")
    purchases = {row[0]: Purchase(*row) for row in bought}
    return Truth(objects, purchases, {price for (price,) in application.execute("SELECT stripe_price_id FROM plans")})


def grants(truth: Truth) -> set[Held]:
    """Return what every reader ought to hold."""
    subscriptions = {_subscription(truth, purchase, one) for purchase, one in truth.our_subscriptions()}
    sessions = list(truth.our_sessions())
    documents = {_document(truth, purchase, one) for purchase, one in sessions if purchase.kind == "document"}
    passes = [(purchase, one) for purchase, one in sessions if purchase.kind == "pass"]
    readers = {purchase.reader for purchase, _one in passes}
    queues = [[pair for pair in passes if pair[0].reader == reader] for reader in readers]
    return subscriptions | documents | {held for queue in queues for held in _passes(truth, queue)}


def _subscription(truth: Truth, purchase: Purchase, one: Json) -> Held:
    """Why it opens nothing, in this order: disputed, refunded, collection paused, status; else until when it opens."""
    invoices = truth.invoices(one["id"])
    shut = truth.money_back(truth.payments(_present(invoices))).shut
    if shut is None and one["pause_collection"]:
        shut = "paused"
    if shut is None:
        shut = SHUT.get(one["status"])
    if shut is None and truth.is_gone(one["customer"]):
        shut = "customer-deleted"
    ends = None if shut else _end(one, invoices)
    return Held(purchase.reader, "subscription", one["id"], None, one["start_date"], ends, shut)


def _present(invoices: list[Json]) -> Iterator[Json]:
    """What was paid for the present period: its bill, and every change that was billed after it."""
    for invoice in invoices:
        if invoice["status"] == "paid":
            yield invoice
            if invoice["billing_reason"] in ("subscription_create", "subscription_cycle"):
                return


def _end(one: Json, invoices: list[Json]) -> int:
    """A day after the period, or at the end that was chosen. Past due: grace from when the oldest debt arose."""
    period_end = max(item["current_period_end"] for item in one["items"]["data"])
    chosen = one["cancel_at"] or (period_end if one["cancel_at_period_end"] else None)
    if one["status"] != "past_due":
        return chosen or period_end + SLACK
    owed = [invoice["effective_at"] or invoice["created"] for invoice in invoices if invoice["status"] == "open"]
    end = min(owed, default=period_end) + GRACE
    return min(end, chosen) if chosen else end


def _document(truth: Truth, purchase: Purchase, session: Json) -> Held:
    shut = truth.money_back(_payment(truth, session)).shut
    if shut is None and truth.is_gone(session["customer"]):
        shut = "customer-deleted"
    return Held(purchase.reader, "document", purchase.id, purchase.document, _paid_at(truth, session), None, shut)


def _payment(truth: Truth, session: Json) -> dict[str, int]:
    intent = truth.by_id.get(session["payment_intent"] or "")
    return {intent["id"]: intent["amount_received"]} if intent else {}


def _paid_at(truth: Truth, session: Json) -> int:
    """When the charge was made that paid; what cost nothing was had when its session was opened."""
    intent = truth.by_id.get(session["payment_intent"] or "")
    charge = truth.by_id.get(intent["latest_charge"] or "") if intent else None
    return (charge or session)["created"]


def _passes(truth: Truth, queue: list[tuple[Purchase, Json]]) -> Iterator[Held]:
    """One after the other in the order of payment.

    Each begins at the latest of its own payment, the refund of the passes before it, and the end of the passes before
    it that still count: not given back, not with the bank, not a deleted customer's.
    """
    free = 0
    for purchase, session in sorted(queue, key=lambda pair: (_paid_at(truth, pair[1]), pair[0].id)):
        back = truth.money_back(_payment(truth, session))
        shut = back.shut or ("customer-deleted" if truth.is_gone(session["customer"]) else None)
        starts = max(_paid_at(truth, session), free)
        ends = starts + (purchase.days or 0) * DAY
        yield Held(purchase.reader, "pass", purchase.id, None, starts, None if shut else ends, shut)
        free = max(free, back.whole_at or 0) if shut else ends


def receipts(truth: Truth) -> set[Paid]:
    """Return every receipt there ought to be: one for each payment of money, with what went back of it."""
    paid = set()
    for purchase, session in truth.our_sessions():
        if session["amount_total"]:
            payment = [session["payment_intent"]]
            paid.add(Paid(purchase.reader, session["id"], session["amount_total"], _refunded(truth, payment)))
    for purchase, one in truth.our_subscriptions():
        for invoice in truth.invoices(one["id"]):
            if invoice["status"] == "paid" and invoice["amount_paid"]:
                refunded = _refunded(truth, truth.payments([invoice]))
                paid.add(Paid(purchase.reader, invoice["id"], invoice["amount_paid"], refunded))
    return paid


def _refunded(truth: Truth, payments: Iterable[str]) -> int:
    return sum(one["amount"] for one in truth.refunds(payments))


def readers_with_two(truth: Truth) -> set[int]:
    """Return the readers who have more than one subscription that has not ended."""
    live = [purchase.reader for purchase, one in truth.our_subscriptions() if one["status"] not in GONE]
    return {reader for reader in live if live.count(reader) > 1}


def live_though_refunded(truth: Truth) -> list[str]:
    """Return the subscriptions whose present period was given back, and which would renew all the same."""
    ours = (one for _purchase, one in truth.our_subscriptions() if one["status"] not in (*GONE, "incomplete"))
    return [
        one["id"]
        for one in ours
        if truth.money_back(truth.payments(_present(truth.invoices(one["id"])))).whole_at is not None
    ]

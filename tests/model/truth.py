"""What is true at Stripe, and whose it is, read by somebody who never saw the house.

Reads two files with plain SQL: the sandbox's, and of the application's no more than what it alone knows: whose a
customer and a purchase are, what was asked for, and which products are ours. Imports nothing of the product;
test_oracle.py holds it to that.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PURCHASE = "paidspan_purchase"
GONE = ("canceled", "incomplete_expired")
WITH_THE_BANK = ("needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review")
SETTLED = ("paid", "no_payment_required")
_KINDS = """'subscription', 'checkout.session', 'invoice', 'invoice_payment', 'refund', 'dispute', 'customer',
            'payment_intent', 'charge', 'item', 'price', 'credit_note'"""
_OBJECTS = f"SELECT object, owner, body FROM objects WHERE object IN ({_KINDS}) ORDER BY sequence"
_PURCHASES = """SELECT purchases.id, reader_id, purchases.kind, session_id, asked_amount, purchases.currency,
                document_id, purchases.days, warned, stripe_price_id
                FROM purchases LEFT JOIN plans ON plans.id = plan_id"""
_HANGING = {
    "invoice_payment": "invoice",
    "credit_note": "invoice",
    "refund": "payment_intent",
    "dispute": "payment_intent",
}
_DISABLED = "SELECT id, unixepoch(disabled_at) FROM readers WHERE disabled_at IS NOT NULL"
Json = dict[str, Any]


@dataclass(frozen=True)
class Purchase:
    """What the application alone knows: whose a purchase is, and what it asked for."""

    id: str
    reader: int
    kind: str
    session: str | None
    asked: int | None
    currency: str
    document: int | None
    days: int | None
    warned: bool
    price: str | None


@dataclass(frozen=True)
class MoneyBack:
    """What became of payments: whether a bank has them, and when the last of the money went back, if all did."""

    disputed: bool
    whole_at: int | None


@dataclass
class Truth:
    """All that is true at Stripe, and whose it is."""

    objects: dict[str, list[Json]]  # by kind, in the order in which they were made
    items: dict[str, list[Json]]  # what a session sells
    purchases: dict[str, Purchase]
    customers: dict[str, int]  # whose they are
    prices: set[str]  # of our plans, past ones too
    disabled: dict[int, int]  # since when
    now: int
    by_id: dict[str, Json] = field(init=False)
    products: set[str] = field(init=False)
    _joined: dict[tuple[str, str], list[Json]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {one["id"]: one for kind in self.objects.values() for one in kind}
        self.products = {self._product_of(price) for price in self.prices}
        self._joined = defaultdict(list)
        for kind, key in _HANGING.items():
            for one in self.of(kind):
                self._joined[kind, one[key]].append(one)
        for one in self.of("invoice"):
            self._joined["invoice", _subscription_of(one)].append(one)

    def of(self, kind: str) -> list[Json]:
        return self.objects.get(kind, [])

    def our_subscriptions(self) -> Iterator[tuple[int, Json]]:
        """Yield whose it is with each subscription of a customer of ours that is for a product of ours."""
        for one in self.of("subscription"):
            reader = self.customers.get(one["customer"])
            if reader is not None and any(map(self._is_ours, one["items"]["data"])):
                yield reader, one

    def _is_ours(self, item: Json) -> bool:
        return self.is_our_price(item["price"]["id"], item["price"]["product"])

    def is_our_price(self, price: str | None, product: str | None) -> bool:
        """Whether a price is for a product of ours, as all of our own prices are."""
        return product in self.products or price in self.prices

    def our_payments(self) -> Iterator[tuple[Purchase, Json]]:
        """Yield what was paid for a pass or a document: complete, paid, our own session, and just what was asked."""
        for one in self.of("checkout.session"):
            purchase = self.purchase_of(one)
            if purchase and purchase.kind in ("pass", "document") and self._is_settled(purchase, one):
                yield purchase, one

    def purchase_of(self, session: Json) -> Purchase | None:
        """Return whose session it is: the very one that was kept, or one with our mark and the reader's customer."""
        for purchase in self.purchases.values():
            if purchase.session == session["id"]:
                return purchase
        named = self.purchases.get((session["metadata"] or {}).get(PURCHASE, ""))
        return named if named and self.customers.get(session["customer"]) == named.reader else None

    def _is_settled(self, purchase: Purchase, session: Json) -> bool:
        settled = session["status"] == "complete" and session["payment_status"] in SETTLED
        asked = (session["amount_subtotal"], session["currency"]) == (purchase.asked, purchase.currency)
        return settled and asked and self._sells(purchase, session)

    def _sells(self, purchase: Purchase, session: Json) -> bool:
        """Whether a session is for the one thing that was asked for; a document has no product that stays."""
        items = self.items[session["id"]]
        one = len(items) == 1 and items[0]["quantity"] == 1 and items[0]["amount_subtotal"] == purchase.asked
        return one and (purchase.price is None or self._is_same(items[0]["price"], purchase.price))

    def _is_same(self, price: Json, asked: str) -> bool:
        return price["id"] == asked or price["product"] == self._product_of(asked)

    def _product_of(self, price: str) -> str:
        return self.by_id[price]["product"]

    def invoices(self, subscription: str) -> list[Json]:
        """Return a subscription's invoices, the oldest first."""
        return self._joined["invoice", subscription]

    def cash(self, invoice: Json) -> dict[str, int]:
        """Return what was paid for an invoice through Stripe, by payment intent."""
        return {
            one["payment"]["payment_intent"]: one["amount_paid"]
            for one in self._joined["invoice_payment", invoice["id"]]
            if one["status"] == "paid" and one["payment"].get("type") == "payment_intent"
        }

    def is_on_its_way(self, invoice: Json) -> bool:
        """Whether a delayed debit of an open invoice is being processed."""
        payments = [one["payment"] for one in self._joined["invoice_payment", invoice["id"]]]
        intents = [self.by_id.get(one.get("payment_intent") or "", {}) for one in payments]
        return invoice["status"] == "open" and any(intent.get("status") == "processing" for intent in intents)

    def money_back(self, payments: dict[str, int]) -> MoneyBack:
        """Refunds count by their sum, together; any dispute that has the money with the bank suspends."""
        refunds = [one for payment in payments for one in self.refunds(payment) if one["status"] == "succeeded"]
        whole = bool(refunds) and sum(one["amount"] for one in refunds) >= sum(payments.values())
        disputes = [one for payment in payments for one in self._joined["dispute", payment]]
        return MoneyBack(
            any(one["status"] in WITH_THE_BANK for one in disputes),
            max(one["created"] for one in refunds) if whole else None,
        )

    def credit_given(self, invoice: Json) -> dict[int, int]:
        """Return when how much of a paid invoice was given back by a credit note without a refund."""
        notes = self._joined["credit_note", invoice["id"]]
        return {
            note["created"]: note["post_payment_amount"] - sum(one["amount_refunded"] for one in note["refunds"])
            for note in notes
        }

    def refunds(self, payment: str) -> list[Json]:
        return self._joined["refund", payment]

    def is_gone(self, customer: str | None) -> bool:
        return bool(customer and self.by_id.get(customer, {}).get("deleted"))


def _subscription_of(invoice: Json) -> str:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return details.get("subscription") or ""


def read_truth(application: sqlite3.Connection, sandbox: sqlite3.Connection, now: int) -> Truth:
    """Read both files as they are now."""
    objects, items = defaultdict(list), defaultdict(list)
    for kind, owner, written in sandbox.execute(_OBJECTS):
        body = json.loads(written)
        (items[owner] if kind == "item" else objects[kind]).append(body)
    purchases = {row[0]: Purchase(*row) for row in application.execute(_PURCHASES)}
    customers = dict(application.execute("SELECT id, reader_id FROM stripe_customers"))
    prices = {one for (one,) in application.execute("SELECT stripe_price_id FROM plans")}
    disabled = dict(application.execute(_DISABLED))
    return Truth(objects, items, purchases, customers, prices, disabled, now)

"""What must not be at Stripe once all has come to rest: somebody charged twice, or for nothing.

Like the oracle it imports nothing of the product.
"""

from collections import defaultdict

from tests.model.oracle import bills_of, covered_until, given_back, payment_of, shut_by
from tests.model.truth import GONE, Json, Purchase, Truth


def wrongs(truth: Truth) -> list[str]:
    """Return in words what is wrong at Stripe that the product ought to have mended."""
    return [
        *(f"reader {reader} has two live subscriptions" for reader in readers_with_two(truth)),
        *(f"{one} was given back, and renews" for one in live_though_refunded(truth)),
        *(f"{one} is a disabled reader's, and renews" for one in live_though_disabled(truth)),
        *(f"{one} was paid by a disabled reader, and is kept" for one in charged_while_disabled(truth)),
        *paid_twice(truth),
    ]


def readers_with_two(truth: Truth) -> set[int]:
    """Return the readers with more than one subscription of our own Checkout that has not ended."""
    bought = {one["subscription"] for one in truth.of("checkout.session") if truth.purchase_of(one)}
    live = [reader for reader, one in truth.our_subscriptions() if one["id"] in bought and one["status"] not in GONE]
    return {reader for reader in live if live.count(reader) > 1}


def live_though_refunded(truth: Truth) -> list[str]:
    """Return the subscriptions that would renew although what they reach beyond their cover was given back."""
    return [one["id"] for _reader, one in truth.our_subscriptions() if _renews_though_refunded(truth, one)]


def _renews_though_refunded(truth: Truth, one: Json) -> bool:
    if one["status"] in (*GONE, "incomplete"):
        return False
    bills = bills_of(truth, one)
    covered = covered_until(one, bills)
    return bool(given_back(bills, covered)) and not (one["cancel_at"] and one["cancel_at"] <= covered)


def live_though_disabled(truth: Truth) -> list[str]:
    """Return the subscriptions of disabled readers that could still be charged."""
    return [
        one["id"] for reader, one in truth.our_subscriptions() if reader in truth.disabled and one["status"] not in GONE
    ]


def charged_while_disabled(truth: Truth) -> list[str]:
    """Return the payments that readers made after they were disabled, and that nobody tried to give back."""
    paid = [(purchase.reader, payment) for purchase, one in truth.our_payments() for payment in payment_of(truth, one)]
    for reader, one in truth.our_subscriptions():
        paid += [(reader, payment) for invoice in truth.invoices(one["id"]) for payment in truth.cash(invoice)]
    return [payment for reader, payment in paid if _is_late(truth, reader, payment) and not truth.refunds(payment)]


def _is_late(truth: Truth, reader: int, payment: str) -> bool:
    charge = truth.by_id[truth.by_id[payment]["latest_charge"]]
    return reader in truth.disabled and charge["created"] > truth.disabled[reader] and not charge["disputed"]


def paid_twice(truth: Truth) -> list[str]:
    """Return the documents and purchases for which more than one payment of money stands.

    A refund that was tried and failed is the publisher's to settle.
    """
    standing = defaultdict(list)
    for purchase, session in truth.our_payments():
        payment = session["payment_intent"]
        if payment and not shut_by(truth, session) and not any(_has_failed(one) for one in truth.refunds(payment)):
            standing[_thing(purchase)].append(payment)
    return [f"{thing} was paid by {payments}" for thing, payments in standing.items() if len(payments) > 1]


def _thing(purchase: Purchase) -> str:
    document = f"document {purchase.document} of reader {purchase.reader}"
    return document if purchase.kind == "document" else purchase.id


def _has_failed(refund: Json) -> bool:
    return refund["status"] != "succeeded"

"""How an invoice is read: what it bills, what became of it, and from when on it is owed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from webapp.billing.gateway.facts import InvoiceFacts, InvoiceLine, PriceRef, Refund
from webapp.billing.gateway.json_values import parse_amount, parse_moment, parse_money
from webapp.billing.gateway.tax_parser import parse_invoice_tax

Json = dict[str, Any]


def parse_invoice(
    invoice: Json, subscription: str, intents: Mapping[str, Json], refunds: Iterable[Refund]
) -> InvoiceFacts:
    """Return what Stripe says of a bill; `intents` are the payment intents of those that are not paid, by id."""
    paid, currency = payments_of(invoice), invoice["currency"]
    waiting = {intents[one]["status"] for one in _payments(invoice, "open") if one in intents}
    paid_at = invoice["status_transitions"].get("paid_at") or invoice["created"]
    return InvoiceFacts(
        id=invoice["id"],
        status=str(invoice["status"]),
        due_at=parse_moment(_due(invoice)),
        failed=invoice["attempt_count"] > 0,
        processing=invoice["status"] == "open" and "processing" in waiting,
        needs_confirmation=invoice["status"] == "open" and "requires_action" in waiting,
        page_url=invoice.get("hosted_invoice_url") or "",
        paid=parse_money(invoice["amount_paid"], currency),
        owed=parse_money(invoice["amount_remaining"], currency),
        tax=parse_invoice_tax(invoice),
        paid_at=parse_moment(paid_at),
        payment_intent_ids=tuple(paid),
        given_back_at=_given_back_at(invoice, paid, refunds),
        lines=tuple(_lines(invoice, subscription)),
    )


def _due(invoice: Json) -> int:
    """Return from when on a bill is owed: `due_date` is null where Stripe charges, `effective_at` on a draft."""
    if invoice.get("collection_method") == "send_invoice" and invoice.get("due_date"):
        return int(invoice["due_date"])
    return int(invoice.get("effective_at") or invoice["created"])


def payments_of(invoice: Json) -> dict[str, int]:
    """Return what paid a bill, by payment intent, in minor units."""
    return dict(_payments(invoice, "paid"))


def open_payments_of(invoice: Json) -> list[str]:
    """Return the payment intents that a bill waits for."""
    return list(dict(_payments(invoice, "open"))) if invoice["status"] == "open" else []


def _payments(invoice: Json, status: str) -> Mapping[str, int]:
    return {
        entry["payment"]["payment_intent"]: entry["amount_paid"] or 0
        for entry in (invoice.get("payments") or {}).get("data") or ()
        if entry["status"] == status and entry["payment"].get("payment_intent")
    }


def _given_back_at(invoice: Json, paid: Mapping[str, int], refunds: Iterable[Refund]) -> datetime | None:
    """Return when as much of a paid bill was given back as was paid: by refunds, or by credit notes without one.

    A credit note that refunds counts as its refund does, which may fail. Of a bill that came to a credit there is
    nothing to give back.
    """
    owed_back = sum(paid.values()) or invoice["total"]
    if invoice["status"] != "paid" or owed_back <= 0:
        return None
    about = [refund for refund in refunds if refund.payment_intent_id in paid]
    given = [(refund.created_at, refund.arrived) for refund in about] + list(_credited(invoice, about))
    if sum(amount for _at, amount in given) < owed_back:
        return None
    return max(at for at, amount in given if amount)


def _credited(invoice: Json, about: list[Refund]) -> Iterator[tuple[datetime, int]]:
    """Yield when how much of a bill was given back by credit notes, without what they refund.

    Its credit notes are there where it has refunds too (snapshots.py); else their sum, which has no moment, tells all.
    """
    if "credit_notes" in invoice:
        for note in invoice["credit_notes"]:
            if note["status"] == "issued":
                refunded = sum(one["amount_refunded"] for one in note.get("refunds") or ())
                yield parse_moment(note["created"]), note["post_payment_amount"] - refunded
    else:
        noted = invoice.get("post_payment_credit_notes_amount") or 0
        paid_at = parse_moment(invoice["status_transitions"].get("paid_at") or invoice["created"])
        yield paid_at, max(0, noted - sum(refund.amount for refund in about))


def _lines(invoice: Json, subscription: str) -> Iterator[InvoiceLine]:
    """Yield the lines that bill this subscription: its items, and what a change within a period costs or credits."""
    for line in invoice["lines"]["data"]:
        parent = line.get("parent") or {}
        item, extra = parent.get("subscription_item_details"), parent.get("invoice_item_details")
        details = item or extra or {}
        if details.get("subscription") != subscription or not (item or details.get("proration")):
            continue
        credited = (details.get("proration_details") or {}).get("credited_items") or {}
        priced = (line.get("pricing") or {}).get("price_details") or {}
        yield InvoiceLine(
            id=line["id"],
            ref=PriceRef(priced.get("price"), priced.get("product")),
            amount=parse_amount(line["amount"]),
            starts_at=parse_moment(line["period"]["start"]),
            ends_at=parse_moment(line["period"]["end"]),
            credits=frozenset(credited.get("invoice_line_items") or ()),
        )

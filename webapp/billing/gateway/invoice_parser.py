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

    A credit note that refunds counts as its refund does, which may fail; one that gives credit has no moment. Of a
    bill that came to a credit there is nothing to give back.
    """
    if invoice["status"] != "paid":
        return None
    cash, about = sum(paid.values()), [refund for refund in refunds if refund.payment_intent_id in paid]
    noted = invoice.get("post_payment_credit_notes_amount") or 0
    credited = max(0, noted - sum(refund.amount for refund in about))
    arrived = [refund for refund in about if refund.arrived]
    owed_back = cash or invoice["total"]
    if owed_back <= 0 or sum(refund.arrived for refund in arrived) + credited < owed_back:
        return None
    paid_at = parse_moment(invoice["status_transitions"].get("paid_at") or invoice["created"])
    return max((refund.created_at for refund in arrived), default=paid_at)


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

"""What Stripe says it will charge next, and what a switch of plan costs: asked for, and read."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, cast

from webapp.billing.gateway.client import Gateway, MissingAtStripeError, StripeRefusedError, to_json
from webapp.billing.gateway.facts import ChargePreview, SubscriptionFacts, SwitchPreview, Upcoming
from webapp.billing.gateway.json_parser import Json, reading
from webapp.billing.gateway.json_values import parse_amount, parse_moment, parse_money
from webapp.kit import clock

if TYPE_CHECKING:
    from stripe.params import InvoiceCreatePreviewParams

_NOTHING_COMES = "invoice_upcoming_none"
PRORATION = "always_invoice"  # in our portal, too: a switch is charged, or credited, at once


def fetch_upcoming(gateway: Gateway, subscription_id: str) -> object:
    """Return the JSON of what Stripe will bill next, to be kept; raise PaymentsUnavailableError, UnreadableError."""
    raw = {"asked_at": int(clock.now().timestamp()), "invoice": _preview(gateway, {"subscription": subscription_id})}
    parse_upcoming(raw)
    return raw


def parse_upcoming(raw: object) -> Upcoming:
    """Return what `fetch_upcoming` was told; raise UnreadableError."""
    found = cast("Json", raw)
    with reading("upcoming"):
        invoice = found["invoice"]
        return Upcoming(parse_moment(found["asked_at"]), _charge(invoice) if invoice else None)


def preview_switch(gateway: Gateway, facts: SubscriptionFacts, price_id: str) -> SwitchPreview | None:
    """Return what switching a subscription of one item to another price costs; None where it could not be billed.

    Raise PaymentsUnavailableError, UnreadableError.
    """
    (item,) = facts.items
    invoice = _preview(
        gateway,
        {
            "subscription": facts.id,
            "subscription_details": {
                "items": [{"id": item.id, "price": price_id}],
                "proration_behavior": PRORATION,
            },
        },
    )
    if invoice is None:
        return None
    with reading(facts.id):
        return _switch(invoice)


def _preview(gateway: Gateway, params: "InvoiceCreatePreviewParams") -> Json | None:
    try:
        with gateway.calling():
            return to_json(gateway.client.v1.invoices.create_preview(params))
    except MissingAtStripeError:
        return None
    except StripeRefusedError as refusal:
        if refusal.code == _NOTHING_COMES:
            return None
        raise


def _switch(invoice: Json) -> SwitchPreview:
    lines, currency = invoice["lines"]["data"], invoice["currency"]
    charge, billed = _charge(invoice), [line for line in lines if line["amount"] >= 0]
    at_once = any(_is_proration(line) for line in lines)
    return SwitchPreview(
        charge=charge,
        at_once=at_once,
        credited=parse_money(-_sum(line for line in lines if line["amount"] < 0), currency),
        next_at=_last_day(billed) if at_once and billed else charge.at,
    )


def _is_proration(line: Json) -> bool:
    parent = line.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    return bool(details.get("proration"))


def _last_day(lines: list[Json]) -> datetime:
    return parse_moment(max(line["period"]["end"] for line in lines))


def _charge(invoice: Json) -> ChargePreview:
    """Read a preview; a customer's balance is below zero where it is credit."""
    currency, balance = invoice["currency"], parse_amount(invoice["starting_balance"])
    left = max(0, -(balance + parse_amount(invoice["total"])))
    return ChargePreview(
        amount=parse_money(invoice["amount_due"], currency),
        at=parse_moment(invoice["period_end"]),
        discount=parse_money(_sum(invoice.get("total_discount_amounts")), currency),
        tax=parse_money(_sum(invoice.get("total_taxes")), currency),
        credit_used=parse_money(max(0, -balance - left), currency),
        credit_left=parse_money(left, currency),
    )


def _sum(entries: Iterable[Json] | None) -> int:
    """Return what lines or parts of an invoice come to."""
    return sum(parse_amount(entry["amount"]) for entry in entries or ())

"""What an invoice of a subscription says when it is drafted: its lines, and what they come to."""

from dataclasses import dataclass

from webapp.kit import stripe_amounts
from webapp.stripe_sandbox.billing_periods import DAY
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.resources import discounts, taxes
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

# What Stripe shows of an invoice, and the sandbox has nothing to fill it with, or not yet.
_WITHOUT = dict.fromkeys(
    (
        "account_country",
        "account_name",
        "account_tax_ids",
        "application",
        "automatically_finalizes_at",
        "custom_fields",
        "customer_account",
        "customer_address",
        "customer_phone",
        "customer_shipping",
        "default_payment_method",
        "default_source",
        "description",
        "effective_at",
        "ending_balance",
        "footer",
        "from_invoice",
        "hosted_invoice_url",
        "invoice_pdf",
        "last_finalization_error",
        "latest_revision",
        "next_payment_attempt",
        "number",
        "on_behalf_of",
        "receipt_number",
        "rendering",
        "shipping_cost",
        "shipping_details",
        "statement_descriptor",
        "test_clock",
        "webhooks_delivered_at",
    )
)
_NOTHING_YET = dict.fromkeys(
    (
        "amount_overpaid",
        "amount_paid",
        "amount_shipping",
        "attempt_count",
        "post_payment_credit_notes_amount",
        "pre_payment_credit_notes_amount",
    ),
    0,
)
_LISTS = ("default_tax_rates", "total_pretax_credit_amounts")

AUTOMATICALLY, SEND = "charge_automatically", "send_invoice"
CREATION, RENEWAL, UPDATE = "subscription_create", "subscription_cycle", "subscription_update"
UPCOMING_REASON = "upcoming"


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """What one line is for: an item for a stretch of time, in seconds since 1970.

    A credit is negative, and names the line that it takes back (`credited`).
    """

    item: Json
    amount: int
    start: int
    end: int
    proration: bool = False
    credited: Json | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What an invoice is made for: a subscription's items, at their price or, in a trial, at none.

    It is for the present period unless `parts` are named, looks back to `since`, and advances by itself: at once, or
    when `finalizes_at` has come.
    """

    id: str
    reason: str
    free: bool = False
    parts: tuple[InvoicePart, ...] = ()
    since: int | None = None
    finalizes_at: int | None = None
    advances: bool = True


def drafted(uow: UnitOfWork, subscription: Json, bill: Bill) -> Json:
    """Return the body of a new invoice; nothing is kept yet."""
    customer = uow.living("customer", subscription["customer"])
    lines = [_line(subscription, part, bill) for part in bill.parts or present_period(subscription, free=bill.free)]
    lines, taken_off = discounts.reduce(uow, subscription, lines)
    taxed = subscription["automatic_tax"]["enabled"]
    lines = [taxes.taxed_line(uow, line) for line in lines] if taxed else lines
    billed = Billed(bill.id, customer, subscription["currency"], lines, taken_off, taxed=taxed)
    return {
        **blank_invoice(uow, billed),
        "auto_advance": bill.advances,
        "automatically_finalizes_at": bill.finalizes_at,
        "billing_reason": bill.reason,
        "collection_method": subscription["collection_method"],
        "due_date": _due_date(uow, subscription),
        "next_payment_attempt": bill.finalizes_at if subscription["collection_method"] == AUTOMATICALLY else None,
        "parent": _parent(subscription),
        "period_start": uow.now if bill.since is None else bill.since,
    }


@dataclass(frozen=True, slots=True)
class Billed:
    """What any invoice says: whose it is, its lines and what discounts take off them."""

    id: str
    customer: Json
    currency: str
    lines: list[Json]
    taken_off: list[Json]
    taxed: bool = False


def blank_invoice(uow: UnitOfWork, billed: Billed) -> Json:
    """Return what the body of a new invoice shows whatever it is for."""
    customer, sums = billed.customer, _sums(billed.lines, billed.taken_off)
    return {
        **_WITHOUT,
        **_NOTHING_YET,
        **{key: [] for key in _LISTS},
        **sums,
        **due_after(sums["total"], customer["balance"], billed.currency),
        **uow.common_fields("invoice", billed.id),
        "attempted": False,
        "automatic_tax": {"disabled_reason": None, **taxes.shown_automatic_tax(enabled=billed.taxed)},
        "currency": billed.currency,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": taxes.tax_ids_of(uow, customer),
        "issuer": {"type": "self"},
        "lines": list_of(billed.lines, f"/v1/invoices/{billed.id}/lines"),
        "metadata": {},
        "payment_settings": dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types")),
        "period_end": uow.now,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    }


def _parent(subscription: Json) -> Json:
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _due_date(uow: UnitOfWork, subscription: Json) -> int | None:
    days = subscription["days_until_due"]
    return None if days is None else uow.now + days * DAY


def _sums(lines: list[Json], taken_off: list[Json]) -> Json:
    """Return what an invoice's lines come to, before and after what discounts take off, and with tax."""
    subtotal, tax = sum(line["amount"] for line in lines), taxes.total_taxes(lines)
    left = subtotal - sum(entry["amount"] for entry in taken_off)
    return {
        **dict.fromkeys(("subtotal", "subtotal_excluding_tax"), subtotal),
        "total": left + sum(entry["amount"] for entry in tax),
        "total_excluding_tax": left,
        "total_taxes": tax,
        "discounts": [entry["discount"] for entry in taken_off],
        "total_discount_amounts": taken_off,
    }


def present_period(subscription: Json, *, free: bool = False) -> tuple[InvoicePart, ...]:
    """Return a subscription's items for their present period, each at its price or at none."""
    return tuple(
        InvoicePart(
            item,
            0 if free else item["price"]["unit_amount"] * item["quantity"],
            item["current_period_start"],
            item["current_period_end"],
        )
        for item in subscription["items"]["data"]
    )


def _line(subscription: Json, part: InvoicePart, bill: Bill) -> Json:
    item, price, amount = part.item, part.item["price"], part.amount
    details = {
        "invoice_item": None,
        "proration": part.proration,
        "proration_details": {"credited_items": part.credited},
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": price["currency"],
        "description": None,
        "discount_amounts": [],
        "discountable": part.credited is None,
        "discounts": [],
        "invoice": bill.id,
        "livemode": False,
        "metadata": subscription["metadata"],
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"end": part.end, "start": part.start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": "0" if bill.free else price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }


def due_after(total: int, balance: int, currency: str) -> Json:
    """Return what is to be paid when a customer's credit (negative) or debt is counted in.

    What cannot be charged stands over as debt or credit: the rest between two steps, and all that is too small.
    """
    due = stripe_amounts.round_to_step(max(0, total + balance), currency)
    due = due if due >= stripe_amounts.smallest_charge(currency) else 0
    return {"amount_due": due, "amount_remaining": due, "starting_balance": balance}

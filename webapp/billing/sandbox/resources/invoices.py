"""Invoices of subscriptions and what pays them (docs.stripe.com/api/invoices, /invoice-payment)."""

from dataclasses import dataclass

from webapp.billing.sandbox.books import Books, new_id
from webapp.billing.sandbox.listing import list_of
from webapp.billing.sandbox.resources import customers, discounts, payments
from webapp.billing.sandbox.resources.payment_methods import CARD
from webapp.billing.sandbox.store import Json

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
        "due_date",
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


@dataclass(frozen=True, slots=True)
class Bill:
    """What an invoice is made for: a subscription's items, at their price or, in a trial, at none."""

    id: str
    reason: str
    free: bool = False


def issue(books: Books, subscription: Json, bill: Bill) -> Json:
    """Bills a subscription's present period; answers the invoice open, or paid when it is zero."""
    draft = books.add(_draft(books, subscription, bill))
    books.announce("invoice.created", draft)
    return _finalize(books, draft)


def collect(books: Books, invoice: Json, method: Json) -> Json:
    """Charges an open invoice to a way of paying and answers it paid."""
    (payment,) = books.owned(invoice["id"], "invoice_payment")
    intent = books.get("payment_intent", payment["payment"]["payment_intent"])
    payments.collect(books, intent, method)
    paid = books.save(
        payment
        | {
            "amount_paid": payment["amount_requested"],
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": books.now},
        }
    )
    invoice = _mark_paid(books, invoice | {"attempt_count": invoice["attempt_count"] + 1})
    books.announce("invoice_payment.paid", paid)
    return invoice


def _finalize(books: Books, draft: Json) -> Json:
    """Gives a draft its number; from then on it is owed."""
    due = draft["total"]
    invoice = draft | {
        "auto_advance": False,
        "effective_at": books.now,
        "number": customers.next_invoice_number(books, draft["customer"]),
        "status": "open",
        "status_transitions": draft["status_transitions"] | {"finalized_at": books.now},
    }
    books.save(invoice)
    if due:
        _request_payment(books, invoice)
    books.announce("invoice.finalized", invoice)
    return invoice if due else _mark_paid(books, invoice)


def _mark_paid(books: Books, invoice: Json) -> Json:
    paid = books.save(
        invoice
        | {
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "attempted": True,
            "ending_balance": 0,
            "status": "paid",
            "status_transitions": invoice["status_transitions"] | {"paid_at": books.now},
        }
    )
    books.announce("invoice.paid", paid)
    books.announce("invoice.payment_succeeded", paid)
    return paid


def _request_payment(books: Books, invoice: Json) -> None:
    """Makes the payment intent that shall pay an invoice, and the object that joins the two."""
    description = (
        "Subscription creation" if invoice["billing_reason"] == "subscription_create" else "Subscription update"
    )
    intent = payments.intend(
        books,
        payments.Demand(
            invoice["amount_due"], invoice["currency"], invoice["customer"], {}, [CARD], description, later=True
        ),
    )
    books.add(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": books.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
        owner=invoice["id"],
    )


def _draft(books: Books, subscription: Json, bill: Bill) -> Json:
    customer = books.living("customer", subscription["customer"])
    lines = [_line(subscription, item, bill) for item in subscription["items"]["data"]]
    lines, taken_off = discounts.reduce(books, subscription, lines)
    zeros = ("amount_overpaid", "amount_paid", "amount_shipping", "attempt_count", "starting_balance")
    credit_notes = ("post_payment_credit_notes_amount", "pre_payment_credit_notes_amount")
    lists = ("customer_tax_ids", "default_tax_rates", "total_pretax_credit_amounts", "total_taxes")
    return {
        **_WITHOUT,
        **_sums(lines, taken_off),
        **dict.fromkeys((*zeros, *credit_notes), 0),
        **{key: [] for key in lists},
        "id": bill.id,
        "object": "invoice",
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": dict.fromkeys(("disabled_reason", "liability", "provider", "status")) | {"enabled": False},
        "billing_reason": bill.reason,
        "collection_method": subscription["collection_method"],
        "created": books.now,
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": customer["tax_exempt"],
        "issuer": {"type": "self"},
        "lines": list_of(lines, f"/v1/invoices/{bill.id}/lines"),
        "livemode": False,
        "metadata": {},
        "parent": _parent(subscription),
        "payment_settings": dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types")),
        "period_end": books.now,
        "period_start": books.now,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    }


def _sums(lines: list[Json], taken_off: list[Json]) -> Json:
    """Answers what an invoice's lines come to, before and after what discounts take off."""
    subtotal = sum(line["amount"] for line in lines)
    total = subtotal - sum(entry["amount"] for entry in taken_off)
    return {
        **dict.fromkeys(("subtotal", "subtotal_excluding_tax"), subtotal),
        **dict.fromkeys(("amount_due", "amount_remaining", "total", "total_excluding_tax"), total),
        "discounts": [entry["discount"] for entry in taken_off],
        "total_discount_amounts": taken_off,
    }


def _parent(subscription: Json) -> Json:
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    return {"quote_details": None, "subscription_details": details, "type": "subscription_details"}


def _line(subscription: Json, item: Json, bill: Bill) -> Json:
    price = item["price"]
    amount = 0 if bill.free else price["unit_amount"] * item["quantity"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
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
        "discountable": True,
        "discounts": [],
        "invoice": bill.id,
        "livemode": False,
        "metadata": subscription["metadata"],
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        "period": {"end": item["current_period_end"], "start": item["current_period_start"]},
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

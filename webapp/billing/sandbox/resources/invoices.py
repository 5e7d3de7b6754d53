"""Invoices of subscriptions and what pays them (docs.stripe.com/api/invoices, /invoice-payment)."""

from dataclasses import dataclass

from webapp.billing.sandbox.books import Books, new_id
from webapp.billing.sandbox.listing import list_of
from webapp.billing.sandbox.resources import customers, payments, standing
from webapp.billing.sandbox.resources.payment_methods import CARD
from webapp.billing.sandbox.store import BASE_URL, Json, recall

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
_NOTHING_OF = dict.fromkeys(("total_discount_amounts", "total_pretax_credit_amounts", "total_taxes"))


CREATION, RENEWAL, UPDATE = "subscription_create", "subscription_cycle", "subscription_update"


@dataclass(frozen=True, slots=True)
class Part:
    """What one line is for: an item for a stretch of time, in seconds since 1970; a credit is negative."""

    item: Json
    amount: int
    start: int
    end: int
    proration: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """What an invoice is made for: a subscription's items, at their price or, in a trial, at none.

    It is for the present period unless `parts` are named, looks back to `since`, and advances by itself: at once, or
    when `finalizes_at` has come.
    """

    id: str
    reason: str
    free: bool = False
    parts: tuple[Part, ...] = ()
    since: int | None = None
    finalizes_at: int | None = None
    advances: bool = True


def issue(books: Books, subscription: Json, bill: Bill) -> Json:
    """Bills a subscription; answers the invoice open, or paid when it is zero."""
    return finalize(books, draft(books, subscription, bill))


def draft(books: Books, subscription: Json, bill: Bill) -> Json:
    """Keeps an invoice that can still change, and tells of it."""
    drafted = books.add(_draft(books, subscription, bill))
    books.announce("invoice.created", drafted)
    return drafted


def collect(books: Books, invoice: Json, method: Json, attempts: int = 1) -> Json:
    """Charges an open invoice to a way of paying and answers it paid, after so many attempts in all."""
    payment, intent = payment_of(books, invoice)
    payments.collect(books, intent, method)
    paid = books.save(
        payment
        | {
            "amount_paid": payment["amount_requested"],
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": books.now},
        }
    )
    invoice = _mark_paid(books, invoice | {"attempt_count": attempts})
    books.announce("invoice_payment.paid", paid)
    standing.follow(books, invoice)
    return invoice


def payment_of(books: Books, invoice: Json) -> tuple[Json, Json]:
    """Answers what joins an open invoice with its payment intent, and the intent."""
    (payment,) = books.owned(invoice["id"], "invoice_payment")
    return payment, books.get("payment_intent", payment["payment"]["payment_intent"])


def finalize(books: Books, draft: Json) -> Json:
    """Gives a draft its number and uses up what its customer has in credit; from then on it is owed."""
    number = customers.next_invoice_number(books, draft["customer"])
    balance = books.living("customer", draft["customer"])["balance"]
    due = _due(draft["total"], balance)
    invoice = draft | {
        **due,
        "auto_advance": draft["auto_advance"] and draft["billing_reason"] != CREATION,  # nobody retries a first charge
        "automatically_finalizes_at": None,
        "effective_at": books.now,
        "ending_balance": min(0, draft["total"] + balance),
        "hosted_invoice_url": f"{recall(books.connection, BASE_URL)}/sandbox/invoice/{draft['id']}",
        "next_payment_attempt": None,
        "number": number,
        "status": "open",
        "status_transitions": draft["status_transitions"] | {"finalized_at": books.now},
    }
    books.save(invoice)
    customers.set_balance(books, invoice["customer"], invoice["ending_balance"])
    return _owed(books, invoice)


def _due(total: int, balance: int) -> Json:
    """Answers what is to be paid when a customer's credit (negative) or debt is counted in."""
    due = max(0, total + balance)
    return {"amount_due": due, "amount_remaining": due, "starting_balance": balance}


def _owed(books: Books, invoice: Json) -> Json:
    due = invoice["amount_due"]
    if due:
        _request_payment(books, invoice)
    books.announce("invoice.finalized", invoice)
    if not due:
        invoice = _mark_paid(books, invoice)
        standing.follow(books, invoice)
    return invoice


def _mark_paid(books: Books, invoice: Json) -> Json:
    paid = books.save(
        invoice
        | {
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "attempted": True,
            "auto_advance": False,
            "next_payment_attempt": None,
            "status": "paid",
            "status_transitions": invoice["status_transitions"] | {"paid_at": books.now},
        }
    )
    books.announce("invoice.paid", paid)
    books.announce("invoice.payment_succeeded", paid)
    return paid


def _request_payment(books: Books, invoice: Json) -> None:
    """Makes the payment intent that shall pay an invoice, and the object that joins the two."""
    description = "Subscription creation" if invoice["billing_reason"] == CREATION else "Subscription update"
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
    lines = [_line(subscription, part, bill) for part in bill.parts or present_period(subscription, free=bill.free)]
    total = sum(line["amount"] for line in lines)
    details = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    amounts = ("subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax")
    zeros = ("amount_overpaid", "amount_paid", "amount_shipping", "attempt_count")
    credit_notes = ("post_payment_credit_notes_amount", "pre_payment_credit_notes_amount")
    lists = ("customer_tax_ids", "default_tax_rates", "discounts", *_NOTHING_OF)
    return {
        **_WITHOUT,
        **dict.fromkeys(amounts, total),
        **dict.fromkeys((*zeros, *credit_notes), 0),
        **_due(total, customer["balance"]),
        **{key: [] for key in lists},
        "id": bill.id,
        "object": "invoice",
        "attempted": False,
        "auto_advance": bill.advances,
        "automatic_tax": dict.fromkeys(("disabled_reason", "liability", "provider", "status")) | {"enabled": False},
        "automatically_finalizes_at": bill.finalizes_at,
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
        "next_payment_attempt": bill.finalizes_at,
        "parent": {"quote_details": None, "subscription_details": details, "type": "subscription_details"},
        "payment_settings": dict.fromkeys(("default_mandate", "payment_method_options", "payment_method_types")),
        "period_end": books.now,
        "period_start": books.now if bill.since is None else bill.since,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
    }


def present_period(subscription: Json, *, free: bool = False) -> tuple[Part, ...]:
    """Answers a subscription's items for their present period, each at its price or at none."""
    return tuple(
        Part(
            item,
            0 if free else item["price"]["unit_amount"] * item["quantity"],
            item["current_period_start"],
            item["current_period_end"],
        )
        for item in subscription["items"]["data"]
    )


def _line(subscription: Json, part: Part, bill: Bill) -> Json:
    item, price, amount = part.item, part.item["price"], part.amount
    details = {
        "invoice_item": None,
        "proration": part.proration,
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

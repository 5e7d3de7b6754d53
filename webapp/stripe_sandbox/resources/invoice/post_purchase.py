"""The invoice that Stripe makes after a one-time payment, where a session asked for it; it is paid from the beginning.

Source: docs.stripe.com/payments/checkout/receipts#paid-invoices.
"""

from webapp.stripe_sandbox.params import Params, boolean
from webapp.stripe_sandbox.resources import customers, taxes
from webapp.stripe_sandbox.resources.invoice import invoices
from webapp.stripe_sandbox.resources.invoice.drafting import AUTOMATICALLY, Billed, blank_invoice
from webapp.stripe_sandbox.storage import BASE_URL, recall
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

INVOICE_CREATION = Params({"enabled": boolean}, frozenset({"enabled"}))
_DATA = dict.fromkeys(
    ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "metadata", "rendering_options")
)


def shown_creation(given: Json) -> Json | None:
    """Return what a session shows of the invoice that it will have."""
    asked = given.get("invoice_creation")
    return asked and {"enabled": asked["enabled"], "invoice_data": _DATA}


def invoice_payment(uow: UnitOfWork, session: Json) -> Json:
    """Make the invoice of a session that has just been paid, where one is wanted; return the session."""
    if not (session["invoice_creation"] or {}).get("enabled"):
        return session
    customer, invoice_id = uow.living("customer", session["customer"]), new_id("in")
    taxed = session["automatic_tax"]["enabled"]
    lines = [_line(uow, item, invoice_id, taxed=taxed) for item in uow.owned(session["id"], "item")]
    discounts = [entry for line in lines for entry in line["discount_amounts"]]
    blank = blank_invoice(uow, Billed(invoice_id, customer, session["currency"], lines, discounts, taxed=taxed))
    invoice = uow.add(blank | _paid(uow, customer, blank, invoice_id), event="invoice.created")
    if session["payment_intent"]:
        paid = {"amount_paid": invoice["amount_paid"], "status": "paid"}
        transitions = {"canceled_at": None, "paid_at": uow.now}
        intent = {"payment_intent": session["payment_intent"], "type": "payment_intent"}
        invoices.join_payment(uow, invoice, intent, **paid, status_transitions=transitions)
    for event in ("invoice.finalized", "invoice.paid", "invoice.payment_succeeded"):
        uow.announce(event, invoice)
    return uow.save(session, invoice=invoice_id)


def _paid(uow: UnitOfWork, customer: Json, blank: Json, invoice_id: str) -> Json:
    """Return what such an invoice shows besides; a credit of its customer is not used."""
    amounts = dict.fromkeys(("amount_due", "amount_paid"), blank["total"])
    balances = dict.fromkeys(("starting_balance", "ending_balance"), 0)
    return {
        **amounts,
        **balances,
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "automatically_finalizes_at": None,
        "billing_reason": "manual",
        "collection_method": AUTOMATICALLY,
        "due_date": None,
        "effective_at": uow.now,
        "hosted_invoice_url": f"{recall(uow.connection, BASE_URL)}/sandbox/invoice/{invoice_id}",
        "next_payment_attempt": None,
        "number": customers.next_invoice_number(uow, customer["id"]),
        "parent": None,
        "period_start": uow.now,
        "status": "paid",
        "status_transitions": blank["status_transitions"] | {"finalized_at": uow.now, "paid_at": uow.now},
    }


def _line(uow: UnitOfWork, item: Json, invoice_id: str, *, taxed: bool) -> Json:
    price, amounts = item["price"], [entry["discount"]["id"] for entry in item["discounts"]]
    details = {"invoice_item": new_id("ii"), "proration": False, "proration_details": None, "subscription": None}
    line = {
        "id": new_id("il"),
        "object": "line_item",
        "amount": item["amount_subtotal"],
        "currency": item["currency"],
        "description": item["description"],
        "discount_amounts": [{"amount": item["amount_discount"], "discount": one} for one in amounts],
        "discountable": True,
        "discounts": amounts,
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"},
        "period": {"end": uow.now, "start": uow.now},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": None,
        "subtotal": item["amount_subtotal"],
        "taxes": [],
    }
    return taxes.taxed_line(uow, line) if taxed else line

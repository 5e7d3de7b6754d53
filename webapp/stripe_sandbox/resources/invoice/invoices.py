"""Invoices of subscriptions and what pays them (docs.stripe.com/api/invoices, /invoice-payment)."""

from typing import Any

from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.invoice.drafting import CREATION, Bill, drafted, due_after
from webapp.stripe_sandbox.resources.payment import payment_intents
from webapp.stripe_sandbox.resources.payment.payment_methods import CARD
from webapp.stripe_sandbox.resources.subscription import payment_status
from webapp.stripe_sandbox.storage import BASE_URL, recall
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id


def issue(uow: UnitOfWork, subscription: Json, bill: Bill) -> Json:
    """Bill a subscription; return the invoice open, or paid when it is zero."""
    return finalize_draft(uow, draft(uow, subscription, bill))


def draft(uow: UnitOfWork, subscription: Json, bill: Bill) -> Json:
    """Keep an invoice that can still change, and tell of it."""
    return uow.add(drafted(uow, subscription, bill), event="invoice.created")


def collect_invoice(uow: UnitOfWork, invoice: Json, method: Json, attempts: int = 1) -> Json:
    """Charge an open invoice to a way of paying and return it paid, after so many attempts in all."""
    payment, intent = payment_of(uow, invoice)
    payment_intents.charge_intent(uow, intent, method)
    paid = uow.save(
        payment,
        amount_paid=payment["amount_requested"],
        status="paid",
        status_transitions={"canceled_at": None, "paid_at": uow.now},
    )
    invoice = mark_paid(uow, invoice | {"attempt_count": attempts})
    uow.announce("invoice_payment.paid", paid)
    payment_status.follow(uow, invoice)
    return invoice


def payment_of(uow: UnitOfWork, invoice: Json) -> tuple[Json, Json]:
    """Return what joins an open invoice with its payment intent, and the intent."""
    payment = uow.owned(invoice["id"], "invoice_payment")[0]  # a later one came from outside
    return payment, uow.get("payment_intent", payment["payment"]["payment_intent"])


def finalize_draft(uow: UnitOfWork, draft: Json) -> Json:
    """Give a draft its number and uses up what its customer has in credit; from then on it is owed."""
    number = customers.next_invoice_number(uow, draft["customer"])
    balance = uow.living("customer", draft["customer"])["balance"]
    due = due_after(draft["total"], balance, draft["currency"])
    invoice = draft | {
        **due,
        "auto_advance": draft["auto_advance"] and draft["billing_reason"] != CREATION,  # nobody retries a first charge
        "automatically_finalizes_at": None,
        "effective_at": uow.now,
        "ending_balance": draft["total"] + balance - due["amount_due"],
        "hosted_invoice_url": f"{recall(uow.connection, BASE_URL)}/sandbox/invoice/{draft['id']}",
        "next_payment_attempt": None,
        "number": number,
        "status": "open",
        "status_transitions": draft["status_transitions"] | {"finalized_at": uow.now},
    }
    uow.save(invoice)
    customers.set_balance(uow, invoice["customer"], invoice["ending_balance"])
    return _owed(uow, invoice)


def mark_paid(uow: UnitOfWork, invoice: Json) -> Json:
    """Return an invoice that nothing is owed for any more, and tell of it."""
    paid = uow.transition(
        invoice,
        "invoice.paid",
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
        status_transitions=invoice["status_transitions"] | {"paid_at": uow.now},
    )
    uow.announce("invoice.payment_succeeded", paid)
    return paid


def join_payment(uow: UnitOfWork, invoice: Json, payment: Json, **paid: Any) -> Json:  # noqa: ANN401 - its keys
    """Keep what joins an invoice with a payment: the one that it waits for, or one that has come from outside."""
    return uow.add(
        {
            **uow.common_fields("invoice_payment", new_id("inpay")),
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "payment": payment,
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
        | paid,
        owner=invoice["id"],
    )


def _owed(uow: UnitOfWork, invoice: Json) -> Json:
    due = invoice["amount_due"]
    if due:
        _request_payment(uow, invoice)
    uow.announce("invoice.finalized", invoice)
    if not due:
        invoice = mark_paid(uow, invoice)
        payment_status.follow(uow, invoice)
    return invoice


def _request_payment(uow: UnitOfWork, invoice: Json) -> None:
    """Make the payment intent that shall pay an invoice, and the object that joins the two."""
    description = "Subscription creation" if invoice["billing_reason"] == CREATION else "Subscription update"
    intent = payment_intents.intend(
        uow,
        payment_intents.Demand(
            invoice["amount_due"], invoice["currency"], invoice["customer"], {}, [CARD], description, later=True
        ),
    )
    join_payment(uow, invoice, {"payment_intent": intent["id"], "type": "payment_intent"})

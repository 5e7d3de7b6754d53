"""How an open invoice ends without being paid (docs.stripe.com/invoicing/overview, "invoice statuses")."""

from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.invoice import invoices
from webapp.stripe_sandbox.resources.payment import payment_intents
from webapp.stripe_sandbox.resources.subscription import payment_status
from webapp.stripe_sandbox.storage import Json
from webapp.stripe_sandbox.unit_of_work import UnitOfWork

UNCOLLECTIBLE, VOID = "uncollectible", "void"


def void_invoice(books: UnitOfWork, invoice: Json) -> Json:
    """Take an invoice back as if it had never been, with the credit that it used up."""
    if invoice["amount_due"]:
        _call_off_payment(books, invoice)
    _give_credit_back(books, invoice)
    voided = _closed(books, invoice, VOID, "voided_at")
    books.announce("invoice.voided", voided)
    payment_status.follow(books, voided)
    return voided


def write_off(books: UnitOfWork, invoice: Json) -> Json:
    """Give an invoice up as a bad debt; it can still be paid."""
    marked = _closed(books, invoice, UNCOLLECTIBLE, "marked_uncollectible_at")
    books.announce("invoice.marked_uncollectible", marked)
    payment_status.follow(books, marked)
    return marked


def _closed(books: UnitOfWork, invoice: Json, status: str, moment: str) -> Json:
    return books.save(
        invoice
        | {
            "auto_advance": False,
            "next_payment_attempt": None,
            "status": status,
            "status_transitions": invoice["status_transitions"] | {moment: books.now},
        }
    )


def _call_off_payment(books: UnitOfWork, invoice: Json) -> None:
    payment, intent = invoices.payment_of(books, invoice)
    payment_intents.call_off(books, intent)
    transitions = payment["status_transitions"] | {"canceled_at": books.now}
    books.save(payment | {"status": "canceled", "status_transitions": transitions})


def _give_credit_back(books: UnitOfWork, invoice: Json) -> None:
    used = invoice["ending_balance"] - invoice["starting_balance"]
    customer = books.get("customer", invoice["customer"])
    if used and not customer.get("deleted"):
        customers.set_balance(books, customer["id"], customer["balance"] - used)

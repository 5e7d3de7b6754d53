"""How an open invoice ends without a payment through Stripe (docs.stripe.com/invoicing/overview)."""

from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.invoice import invoices
from webapp.stripe_sandbox.resources.payment import payment_intents
from webapp.stripe_sandbox.resources.subscription import payment_status
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

UNCOLLECTIBLE, VOID = "uncollectible", "void"


def void_invoice(uow: UnitOfWork, invoice: Json) -> Json:
    """Take an invoice back as if it had never been, with the credit that it used up."""
    if invoice["amount_due"]:
        call_off_payment(uow, invoice)
    _give_credit_back(uow, invoice)
    voided = _closed(uow, invoice, VOID, "voided_at")
    uow.announce("invoice.voided", voided)
    payment_status.follow(uow, voided)
    return voided


def write_off(uow: UnitOfWork, invoice: Json) -> Json:
    """Give an invoice up as a bad debt; it can still be paid."""
    marked = _closed(uow, invoice, UNCOLLECTIBLE, "marked_uncollectible_at")
    uow.announce("invoice.marked_uncollectible", marked)
    payment_status.follow(uow, marked)
    return marked


def pay_outside(uow: UnitOfWork, invoice: Json) -> Json:
    """Note that an invoice was paid without Stripe, by transfer or in cash: what it waited for is called off."""
    call_off_payment(uow, invoice)
    invoices.join_payment(
        uow,
        invoice,
        {"payment_record": new_id("pr"), "type": "payment_record"},
        amount_paid=invoice["amount_due"],
        is_default=False,
        status="paid",
        status_transitions={"canceled_at": None, "paid_at": uow.now},
    )
    paid = invoices.mark_paid(uow, invoice)
    payment_status.follow(uow, paid)
    return paid


def _closed(uow: UnitOfWork, invoice: Json, status: str, moment: str) -> Json:
    return uow.save(
        invoice,
        auto_advance=False,
        next_payment_attempt=None,
        status=status,
        status_transitions=invoice["status_transitions"] | {moment: uow.now},
    )


def call_off_payment(uow: UnitOfWork, invoice: Json) -> None:
    """Give up what an invoice waits to be paid by."""
    payment, intent = invoices.payment_of(uow, invoice)
    payment_intents.call_off(uow, intent)
    transitions = payment["status_transitions"] | {"canceled_at": uow.now}
    uow.save(payment, status="canceled", status_transitions=transitions)


def _give_credit_back(uow: UnitOfWork, invoice: Json) -> None:
    used = invoice["ending_balance"] - invoice["starting_balance"]
    customer = uow.get("customer", invoice["customer"])
    if used and not customer.get("deleted"):
        customers.set_balance(uow, customer["id"], customer["balance"] - used)

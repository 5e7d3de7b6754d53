"""Charging an open invoice to a way of paying that its customer has left with us."""

from dataclasses import dataclass

from webapp.stripe_sandbox.cards import Behaviour
from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.invoice import invoices
from webapp.stripe_sandbox.resources.payment import declines, payment_intents, payment_methods
from webapp.stripe_sandbox.resources.payment.declines import Decline
from webapp.stripe_sandbox.stripe_errors import DeclinedError, RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

_NOTHING_TO_CHARGE = Decline("", "", "", "")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to collect an invoice: the how manieth it is, and when the next one is due should it fail."""

    number: int
    next_at: int | None = None


def way_of_paying(uow: UnitOfWork, subscription: Json) -> Json | None:
    """Return what a subscription is charged to: its own way of paying, else its customer's usual one."""
    method = subscription["default_payment_method"] or _usual(uow, subscription["customer"])
    return uow.get("payment_method", method) if method else None


def _usual(uow: UnitOfWork, customer_id: str) -> str | None:
    """Return the way of paying that a customer prefers; a deleted one has none."""
    settings = uow.get("customer", customer_id).get("invoice_settings") or {}
    method: str | None = settings.get("default_payment_method")
    return method


def charge_invoice(uow: UnitOfWork, invoice: Json, method: Json | None, attempt: Attempt) -> Decline | None:
    """Charge an open invoice; return why that failed, None when it is paid."""
    declined = declines.decline_of(method) if method else _NOTHING_TO_CHARGE
    if method and declined is None:
        collect_from_customer(uow, invoice, method, attempt.number)
    elif declined:
        _fail(uow, invoice, method, declined, attempt)
    return declined


def collect_from_customer(uow: UnitOfWork, invoice: Json, method: Json, attempts: int) -> None:
    """Collect an open invoice; its customer is good again."""
    invoices.collect_invoice(uow, invoice, method, attempts)
    customers.set_delinquent(uow, invoice["customer"], delinquent=False)


def by_hand(uow: UnitOfWork, invoice: Json, method: Json | None) -> Decline | None:
    """Charge an invoice because somebody asked for it: a first attempt counts, a later one does not.

    Source: docs.stripe.com/api/invoices/object, `attempt_count`.
    """
    attempt = Attempt(max(1, invoice["attempt_count"]), invoice["next_payment_attempt"])
    return charge_invoice(uow, invoice, method, attempt)


def refusal(uow: UnitOfWork, invoice: Json, *, keeps: bool) -> RefusedError:
    """Return what to raise after an invoice could not be charged."""
    _payment, intent = invoices.payment_of(uow, invoice)
    error = intent["last_payment_error"]
    if intent["status"] == payment_intents.REQUIRES_ACTION:
        error |= {"code": "invoice_payment_intent_requires_action"}
    return DeclinedError(error | {"payment_intent": intent}, keeps=keeps) if error else nothing_to_charge()


def nothing_to_charge() -> RefusedError:
    """Return what to raise where a customer has left no way of paying."""
    return RefusedError(
        "This customer has no attached payment source or default payment method. Please consider adding a default "
        "payment method.",
        code="resource_missing",
    )


def _fail(uow: UnitOfWork, invoice: Json, method: Json | None, decline: Decline, attempt: Attempt) -> None:
    asks = False
    if method:
        _payment, intent = invoices.payment_of(uow, invoice)
        failed_intent = payment_intents.fail(uow, intent, method, decline)
        asks = payment_methods.behaviour(method) is Behaviour.ASKS
        if asks:
            payment_intents.ask(uow, failed_intent, method, invoice["hosted_invoice_url"])
    failed = uow.change(
        invoice, "invoice.updated", attempt_count=attempt.number, attempted=True, next_payment_attempt=attempt.next_at
    )
    uow.announce("invoice.payment_failed", failed)
    if asks:
        uow.announce("invoice.payment_action_required", failed)

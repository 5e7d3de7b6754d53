"""Dunning: a charge fails, is tried again, and in the end is given up (docs.stripe.com/billing/revenue-recovery)."""

from enum import StrEnum

from webapp.stripe_sandbox.billing_periods import DAY
from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.invoice import charging
from webapp.stripe_sandbox.resources.invoice.charging import Attempt
from webapp.stripe_sandbox.resources.payment.declines import Decline
from webapp.stripe_sandbox.resources.subscription import payment_status, subscriptions
from webapp.stripe_sandbox.storage import recall
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

RETRY = "retry_invoice"
DUNNING_END = "dunning_end"
PAUSES = (3 * DAY, 5 * DAY, 7 * DAY)  # between one attempt and the next


class DunningEnd(StrEnum):
    """What becomes of a subscription whose last retry has failed."""

    CANCEL = "cancel"
    UNPAID = "unpaid"
    PAST_DUE = "past_due"


def collect_renewal(uow: UnitOfWork, invoice: Json) -> Decline | None:
    """Try to collect an open invoice by itself; a failure puts its subscription behind. Return why it failed."""
    method = charging.way_of_paying(uow, payment_status.subscription_of(uow, invoice))
    attempt = _attempt(uow, invoice["attempt_count"] + 1)
    declined = charging.charge_invoice(uow, invoice, method, attempt)
    if declined:
        customers.set_delinquent(uow, invoice["customer"], delinquent=True)
        _fall_behind(uow, invoice, attempt)
    return declined


def retry_when_due(uow: UnitOfWork, invoice_id: str) -> None:
    """Try again to collect an invoice that is still open and still to be collected."""
    invoice = uow.get("invoice", invoice_id)
    if invoice["status"] == "open" and invoice["auto_advance"]:
        collect_renewal(uow, invoice)


def _attempt(uow: UnitOfWork, number: int) -> Attempt:
    return Attempt(number, uow.now + PAUSES[number - 1] if number <= len(PAUSES) else None)


def _fall_behind(uow: UnitOfWork, invoice: Json, attempt: Attempt) -> None:
    subscription = payment_status.fall_behind(uow, invoice)
    if attempt.next_at is not None:
        uow.remind(attempt.next_at, RETRY, invoice["id"])
    elif subscription["status"] == payment_status.PAST_DUE:
        _give_up(uow, subscription)


def _give_up(uow: UnitOfWork, subscription: Json) -> None:
    """Do what was chosen for the end; the invoice stays open."""
    end = recall(uow.connection, DUNNING_END) or DunningEnd.CANCEL
    if end == DunningEnd.CANCEL:
        subscriptions.end(uow, subscription, {"reason": "payment_failed"})
    elif end == DunningEnd.UNPAID:
        uow.change(subscription, "customer.subscription.updated", status=payment_status.UNPAID)
        subscriptions.stop_collecting(uow, subscription)

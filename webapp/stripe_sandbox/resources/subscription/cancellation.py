"""Ending a subscription at once (docs.stripe.com/api/subscriptions/cancel)."""

from webapp.stripe_sandbox.params import Params, boolean
from webapp.stripe_sandbox.resources.invoice import debits, drafting, invoices
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.stripe_errors import RefusedError, no_such
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

FIELDS = Params(
    {"cancellation_details": subscriptions.CANCELLATION_DETAILS, "invoice_now": boolean, "prorate": boolean}
)


def cancel(call: ApiCall) -> Json:
    """End a subscription at once, with credit for the rest of its period where that was asked for."""
    uow, given = call.uow, call.params
    subscription = uow.get("subscription", call.object_id)
    if not subscriptions.is_running(subscription):
        raise no_such("subscription", call.object_id)
    if given.get("prorate"):
        subscription = _credit_rest(uow, subscription, invoice_now=given.get("invoice_now", False))
    return subscriptions.end(uow, subscription | {"canceled_at": None}, given.get("cancellation_details"))


def _credit_rest(uow: UnitOfWork, subscription: Json, *, invoice_now: bool) -> Json:
    """Write the invoice that gives back what was billed and will not be used; return the subscription."""
    if not invoice_now:
        raise RefusedError("The sandbox credits at once or not at all: pass `invoice_now` too.", param="prorate")
    credits_ = debits.credits_for(uow, subscription, subscription["items"]["data"], uow.now)
    if not credits_:
        return subscription
    bill = drafting.Bill(new_id("in"), drafting.UPDATE, parts=credits_)
    invoices.issue(uow, subscription, bill)
    return uow.save(subscription, latest_invoice=bill.id)

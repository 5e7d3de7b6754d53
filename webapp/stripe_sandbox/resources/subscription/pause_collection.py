"""Pausing the collection of payments while a subscription runs on.

Source: docs.stripe.com/billing/subscriptions/pause-payment.
"""

from webapp.stripe_sandbox.params import Clearable, Params, choice, integer
from webapp.stripe_sandbox.resources.invoice import closing, invoices
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

KEEP, MARK, VOID = "keep_as_draft", "mark_uncollectible", "void"
FIELDS = Clearable(Params({"behavior": choice(KEEP, MARK, VOID), "resumes_at": integer}, frozenset({"behavior"})))


def changes(uow: UnitOfWork, subscription: Json, given: Json | None) -> Json:
    """Return what changes when collection pauses, or when it begins again (None); raise RefusedError."""
    uow.forget(subscriptions.COLLECT_AGAIN, subscription["id"])
    if given is None:
        return {"pause_collection": None}
    resumes_at = given.get("resumes_at")
    if resumes_at is not None:
        if resumes_at <= uow.now:
            raise RefusedError("resumes_at must be a timestamp in the future.", param="pause_collection[resumes_at]")
        uow.remind(resumes_at, subscriptions.COLLECT_AGAIN, subscription["id"])
    return {"pause_collection": {"behavior": given["behavior"], "resumes_at": resumes_at}}


def collect_again_when_due(uow: UnitOfWork, subscription_id: str) -> None:
    """End a pause whose time is over."""
    subscription = uow.get("subscription", subscription_id)
    uow.change(subscription, "customer.subscription.updated", pause_collection=None)


def set_aside(uow: UnitOfWork, subscription: Json, draft: Json) -> None:
    """Do with a new invoice what was chosen for the pause."""
    behaviour = subscription["pause_collection"]["behavior"]
    if behaviour == KEEP:
        return
    invoice = invoices.finalize_draft(uow, draft)
    if invoice["status"] == "open":
        (closing.void_invoice if behaviour == VOID else closing.write_off)(uow, invoice)

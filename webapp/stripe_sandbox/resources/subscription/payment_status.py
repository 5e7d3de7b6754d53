"""How a subscription stands, by the newest of its invoices that is owed or was.

Source: docs.stripe.com/billing/subscriptions/overview, "subscription statuses".
"""

from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

PAST_DUE, UNPAID = "past_due", "unpaid"
BEHIND = (PAST_DUE, UNPAID)
INCOMPLETE = "incomplete"


def subscription_of(uow: UnitOfWork, invoice: Json) -> Json:
    """Return the subscription that an invoice is for."""
    return uow.get("subscription", invoice["parent"]["subscription_details"]["subscription"])


def follow(uow: UnitOfWork, invoice: Json) -> None:
    """Let a subscription follow an invoice that is owed no longer: it runs, or expires if it waited for this one."""
    subscription = subscription_of(uow, invoice)
    if subscription["status"] == INCOMPLETE:
        _stop_waiting(uow, subscription, invoice["status"])
    elif subscription["status"] in BEHIND and not _owes(uow, subscription):
        subscriptions.activate(uow, subscription)


def fall_behind(uow: UnitOfWork, invoice: Json) -> Json:
    """Return the subscription of an invoice that could not be charged: past due, if that is its newest."""
    subscription = subscription_of(uow, invoice)
    newest = _newest(uow, subscription)
    if subscription["status"] != "active" or newest is None or newest["id"] != invoice["id"]:
        return subscription
    return uow.change(subscription, "customer.subscription.updated", status=PAST_DUE)


def _stop_waiting(uow: UnitOfWork, subscription: Json, first_invoice: str) -> None:
    if first_invoice == "paid":
        subscriptions.activate(uow, subscription)
    elif first_invoice == "void":
        subscriptions.expire_incomplete(uow, subscription)


def _owes(uow: UnitOfWork, subscription: Json) -> bool:
    newest = _newest(uow, subscription)
    return newest is not None and newest["status"] == "open"


def _newest(uow: UnitOfWork, subscription: Json) -> Json | None:
    """Return the newest invoice that was finalized and not voided."""
    return next(iter(uow.invoices_of(subscription["id"], "open", "paid", "uncollectible", limit=1)), None)

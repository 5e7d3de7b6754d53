"""Trials: the warning before the end, and an end without a way of paying.

Source: docs.stripe.com/billing/subscriptions/trials/free-trials.
"""

from webapp.stripe_sandbox.billing_periods import DAY
from webapp.stripe_sandbox.params import Params, choice
from webapp.stripe_sandbox.resources.invoice import charging
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

WARN = "warn_of_trial_end"
WARNING = 3 * DAY
TRIALING = "trialing"
CREATE_INVOICE, PAUSE, CANCEL = "create_invoice", "pause", "cancel"

_END = Params({"missing_payment_method": choice(CREATE_INVOICE, PAUSE, CANCEL)}, frozenset({"missing_payment_method"}))
FIELDS = Params({"end_behavior": _END}, frozenset({"end_behavior"}))


def shown_settings(given: Json | None) -> Json:
    """Return what a subscription shows of how its trial ends, as far as something was given."""
    unsaid = {"billing_cycle_anchor": None, "missing_payment_method": CREATE_INVOICE}
    return {"end_behavior": unsaid | (given or {"end_behavior": {}})["end_behavior"]}


def plan_warning(uow: UnitOfWork, subscription: Json) -> None:
    """Have the end of a trial told three days before, or at once where it is nearer."""
    if subscription["status"] != TRIALING:
        return
    at = subscription["trial_end"] - WARNING
    if at > uow.now:
        uow.remind(at, WARN, subscription["id"])
    else:
        warn(uow, subscription)


def warn(uow: UnitOfWork, subscription: Json) -> None:
    """Tell that a trial is about to end."""
    uow.forget(WARN, subscription["id"])
    uow.announce("customer.subscription.trial_will_end", subscription)


def warn_when_due(uow: UnitOfWork, subscription_id: str) -> None:
    """Tell it of a trial that still runs."""
    subscription = uow.get("subscription", subscription_id)
    if subscription["status"] == TRIALING:
        warn(uow, subscription)


def lacks_card(uow: UnitOfWork, subscription: Json) -> bool:
    """Whether a subscription will not outlive its trial, because nobody can be charged for it."""
    goes_on = subscription["trial_settings"]["end_behavior"]["missing_payment_method"] == CREATE_INVOICE
    return not goes_on and charging.way_of_paying(uow, subscription) is None


def stop_without_card(uow: UnitOfWork, subscription: Json) -> None:
    """Pause or end a subscription whose trial is over and that nobody can be charged for."""
    if subscription["trial_settings"]["end_behavior"]["missing_payment_method"] == PAUSE:
        paused = uow.change(subscription, "customer.subscription.updated", status="paused")
        uow.announce("customer.subscription.paused", paused)
    else:
        subscriptions.end(uow, subscription, {"reason": "payment_failed"})

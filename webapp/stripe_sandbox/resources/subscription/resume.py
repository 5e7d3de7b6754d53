"""Taking up a subscription that paused at the end of its trial (docs.stripe.com/api/subscriptions/resume)."""

from webapp.stripe_sandbox.params import Params, choice
from webapp.stripe_sandbox.resources.subscription import proration, update
from webapp.stripe_sandbox.resources.subscription.proration import Switch
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork

FIELDS = Params(
    {
        "billing_cycle_anchor": Params({"type": choice(proration.NOW)}, frozenset({"type"})),
        "payment_behavior": choice("resume_on_payment_attempt"),
    }
)


def resume(call: ApiCall) -> Json:
    """Take up a paused subscription; raise RefusedError for one that is not paused."""
    return take_up(call.uow, call.uow.get("subscription", call.object_id))


def take_up(uow: UnitOfWork, subscription: Json) -> Json:
    """Let a paused subscription run from now on and charge its first period; a failed charge leaves it past due."""
    if subscription["status"] != "paused":
        raise RefusedError(f"Only paused subscriptions can be resumed; this one is {subscription['status']}.")
    fresh = proration.afresh(uow, subscription, subscription["items"]["data"])
    running = uow.change(subscription, "customer.subscription.updated", status="active")
    uow.announce("customer.subscription.resumed", running)
    return update.apply_change(uow, running, Switch(fresh.changes, fresh.parts), {})

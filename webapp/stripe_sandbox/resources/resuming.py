"""Taking up a subscription that paused at the end of its trial (docs.stripe.com/api/subscriptions/resume)."""

from webapp.stripe_sandbox.accepts import Fields, choice
from webapp.stripe_sandbox.books import Books
from webapp.stripe_sandbox.call import Call
from webapp.stripe_sandbox.refusals import RefusedError
from webapp.stripe_sandbox.resources import changing, switching
from webapp.stripe_sandbox.resources.switching import Switch
from webapp.stripe_sandbox.store import Json

FIELDS = Fields(
    {
        "billing_cycle_anchor": Fields({"type": choice(switching.NOW)}, frozenset({"type"})),
        "payment_behavior": choice("resume_on_payment_attempt"),
    }
)


def resume(call: Call) -> Json:
    """Takes up a paused subscription; raises RefusedError for one that is not paused."""
    return take_up(call.books, call.books.get("subscription", call.object_id))


def take_up(books: Books, subscription: Json) -> Json:
    """Lets a paused subscription run from now on and charges its first period; a failed charge leaves it past due."""
    if subscription["status"] != "paused":
        raise RefusedError(f"Only paused subscriptions can be resumed; this one is {subscription['status']}.")
    fresh = switching.afresh(books, subscription, subscription["items"]["data"])
    running = books.change(subscription, "customer.subscription.updated", status="active")
    books.announce("customer.subscription.resumed", running)
    return changing.carry_out(books, running, Switch(fresh.changes, fresh.parts), {})

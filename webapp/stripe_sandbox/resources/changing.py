"""Changing a subscription that runs: the endpoint that takes it all (docs.stripe.com/api/subscriptions/update)."""

from webapp.stripe_sandbox.accepts import Clearable, Fields, Many, choice, integer, text
from webapp.stripe_sandbox.books import Books, new_id
from webapp.stripe_sandbox.call import Call
from webapp.stripe_sandbox.form import Raw
from webapp.stripe_sandbox.refusals import RefusedError
from webapp.stripe_sandbox.resources import (
    charging,
    drafting,
    dunning,
    invoices,
    pausing,
    payment_methods,
    standing,
    subscriptions,
    switching,
    trialing,
)
from webapp.stripe_sandbox.resources.switching import Switch
from webapp.stripe_sandbox.store import Json

ALLOW, DEFAULT, ERROR = "allow_incomplete", "default_incomplete", "error_if_incomplete"
PAYMENT_BEHAVIOR = choice(ALLOW, DEFAULT, ERROR)
# What a subscription that waits for its first payment lets change.
_WHILE_INCOMPLETE = {"default_payment_method", "metadata"}


def _moment_or_now(raw: Raw, name: str) -> int | str:
    return switching.NOW if raw == switching.NOW else integer(raw, name)


FIELDS = Fields(
    {
        **subscriptions.CHANGES.takes,
        "default_payment_method": Clearable(text),
        "items": Many(switching.ITEM),
        "pause_collection": pausing.FIELDS,
        "payment_behavior": PAYMENT_BEHAVIOR,
        "proration_behavior": choice(switching.ALWAYS_INVOICE, switching.CREATE_PRORATIONS, switching.NONE),
        "trial_end": _moment_or_now,
        "trial_settings": trialing.FIELDS,
    }
)


def update(call: Call) -> Json:
    """Changes a subscription; raises RefusedError."""
    subscription = call.books.get("subscription", call.object_id)
    return change(call.books, subscription, call.params)


def change(books: Books, subscription: Json, params: Json) -> Json:
    """Changes a subscription as the parameters of its endpoint say, and bills what that costs."""
    if subscription["status"] == standing.INCOMPLETE and params.keys() - _WHILE_INCOMPLETE:
        raise RefusedError("An incomplete subscription can only update its default_payment_method and metadata.")
    changes = subscriptions.plain_changes(books, subscription, params) | _own(books, subscription, params)
    switch = switching.reckon(books, subscription, params)
    return carry_out(books, subscription, Switch(changes | switch.changes, switch.parts), params)


def carry_out(books: Books, subscription: Json, switch: Switch, params: Json) -> Json:
    """Makes a change, puts what follows from it into the agenda, and bills its parts; answers the subscription."""
    changes = switch.changes | ({"latest_invoice": new_id("in")} if switch.parts else {})
    then = subscription | changes
    if then["cancel_at_period_end"] and subscriptions.period_end(then) != subscriptions.period_end(subscription):
        changes |= subscriptions.end_with_new_period(books, then)
    changed = books.change(subscription, "customer.subscription.updated", **changes)
    if "billing_cycle_anchor" in changes:
        subscriptions.plan_renewal(books, changed)
    if changed["trial_end"] != subscription["trial_end"]:
        _warn(books, changed)
    if switch.parts:
        _bill(books, changed, switch.parts, params.get("payment_behavior", ALLOW))
    return books.get("subscription", subscription["id"])


def _own(books: Books, subscription: Json, params: Json) -> Json:
    """Answers what changes beside the end, the items and the trial."""
    changes = {}
    if "default_payment_method" in params:
        method = params["default_payment_method"]
        if method is not None:
            payment_methods.of_customer(books, method, subscription["customer"], "default_payment_method")
        changes["default_payment_method"] = method
    if "pause_collection" in params:
        changes |= pausing.changes(books, subscription, params["pause_collection"])
    if "trial_settings" in params:
        changes["trial_settings"] = params["trial_settings"]
    return changes


def _warn(books: Books, subscription: Json) -> None:
    """Has a trial's new end told: at once where it has come."""
    if subscription["status"] == trialing.TRIALING:
        trialing.plan_warning(books, subscription)
    else:
        trialing.warn(books, subscription)


def _bill(books: Books, subscription: Json, parts: tuple[drafting.Part, ...], behaviour: str) -> None:
    """Bills a change at once; raises RefusedError where it was asked for all or nothing and cannot be charged."""
    bill = drafting.Bill(subscription["latest_invoice"], drafting.UPDATE, parts=parts)
    if subscription["pause_collection"]:
        pausing.set_aside(books, subscription, invoices.draft(books, subscription, bill))
        return
    invoice = invoices.issue(books, subscription, bill)
    if invoice["status"] != "open":
        return
    if behaviour == DEFAULT:
        standing.fall_behind(books, invoice)
    elif dunning.charge(books, invoice) and behaviour == ERROR:
        raise charging.refusal(books, invoice, keeps=False)

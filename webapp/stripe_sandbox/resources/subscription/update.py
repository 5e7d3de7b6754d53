"""Changing a subscription that runs: the endpoint that takes it all (docs.stripe.com/api/subscriptions/update)."""

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.params import Clearable, ListParam, Params, choice, integer, text
from webapp.stripe_sandbox.resources.invoice import charging, drafting, invoices
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.resources.subscription import (
    collecting,
    dunning,
    pause_collection,
    payment_status,
    proration,
    subscriptions,
    trials,
)
from webapp.stripe_sandbox.resources.subscription.proration import Switch
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

ALLOW, DEFAULT, ERROR = "allow_incomplete", "default_incomplete", "error_if_incomplete"
PAYMENT_BEHAVIOR = choice(ALLOW, DEFAULT, ERROR)
# What a subscription that waits for its first payment lets change.
_WHILE_INCOMPLETE = {"default_payment_method", "metadata"}


def _moment_or_now(raw: Raw, name: str) -> int | str:
    return proration.NOW if raw == proration.NOW else integer(raw, name)


FIELDS = Params(
    {
        **subscriptions.CHANGES.takes,
        **collecting.COLLECTION,
        "billing_cycle_anchor": proration.CYCLE_ANCHOR,
        "default_payment_method": Clearable(text),
        "items": ListParam(proration.ITEM),
        "pause_collection": pause_collection.FIELDS,
        "payment_behavior": PAYMENT_BEHAVIOR,
        "proration_behavior": choice(proration.ALWAYS_INVOICE, proration.CREATE_PRORATIONS, proration.NONE),
        "proration_date": integer,
        "trial_end": _moment_or_now,
        "trial_settings": trials.FIELDS,
    }
)


def update(call: ApiCall) -> Json:
    """Change a subscription; raise RefusedError."""
    subscription = call.uow.get("subscription", call.object_id)
    return change_subscription(call.uow, subscription, call.params)


def change_subscription(uow: UnitOfWork, subscription: Json, params: Json) -> Json:
    """Change a subscription as the parameters of its endpoint say, and bill what that costs."""
    return apply_change(uow, subscription, planned_change(uow, subscription, params), params)


def planned_change(uow: UnitOfWork, subscription: Json, params: Json) -> Switch:
    """Return what the parameters of the endpoint change, and what that costs; raise RefusedError."""
    if subscription["status"] == payment_status.INCOMPLETE and params.keys() - _WHILE_INCOMPLETE:
        raise RefusedError("An incomplete subscription can only update its default_payment_method and metadata.")
    changes = subscriptions.plain_changes(uow, subscription, params) | _own(uow, subscription, params)
    switch = proration.reckon(uow, subscription, params)
    return Switch(changes | switch.changes, switch.parts)


def apply_change(uow: UnitOfWork, subscription: Json, switch: Switch, params: Json) -> Json:
    """Make a change, put what follows from it into the agenda, and bill its parts; return the subscription."""
    changes = switch.changes | ({"latest_invoice": new_id("in")} if switch.parts else {})
    then = subscription | changes
    if then["cancel_at_period_end"] and subscriptions.period_end(then) != subscriptions.period_end(subscription):
        changes |= subscriptions.end_with_new_period(uow, then)
    changed = uow.change(subscription, "customer.subscription.updated", **changes)
    if "billing_cycle_anchor" in changes:
        subscriptions.plan_renewal(uow, changed)
    if changed["trial_end"] != subscription["trial_end"]:
        _warn(uow, changed)
    if switch.parts:
        _bill(uow, changed, switch.parts, params.get("payment_behavior", ALLOW))
    return uow.get("subscription", subscription["id"])


def _own(uow: UnitOfWork, subscription: Json, params: Json) -> Json:
    """Return what changes beside the end, the items and the trial."""
    changes = {}
    if "default_payment_method" in params:
        method = params["default_payment_method"]
        if method is not None:
            payment_methods.of_customer(uow, method, subscription["customer"], "default_payment_method")
        changes["default_payment_method"] = method
    if params.keys() & collecting.COLLECTION.keys():
        customer = uow.living("customer", subscription["customer"])
        changes |= collecting.collection_of(customer, subscription, params)
    if "pause_collection" in params:
        changes |= pause_collection.changes(uow, subscription, params["pause_collection"])
    if "trial_settings" in params:
        changes["trial_settings"] = trials.shown_settings(params["trial_settings"])
    return changes


def _warn(uow: UnitOfWork, subscription: Json) -> None:
    """Have a trial's new end told: at once where it has come."""
    if subscription["status"] == trials.TRIALING:
        trials.plan_warning(uow, subscription)
    else:
        trials.warn(uow, subscription)


def _bill(uow: UnitOfWork, subscription: Json, parts: tuple[drafting.InvoicePart, ...], behaviour: str) -> None:
    """Bill a change at once; raise RefusedError where it was asked for all or nothing and cannot be charged."""
    bill = drafting.Bill(subscription["latest_invoice"], drafting.UPDATE, parts=parts)
    if subscription["pause_collection"]:
        pause_collection.set_aside(uow, subscription, invoices.draft(uow, subscription, bill))
        return
    invoice = collecting.finalize_invoice(uow, invoices.draft(uow, subscription, bill))
    if invoice["status"] != "open" or invoice["collection_method"] == drafting.SEND:
        return
    if behaviour == DEFAULT:
        payment_status.fall_behind(uow, invoice)
    elif dunning.collect_renewal(uow, invoice) and behaviour == ERROR:
        raise charging.refusal(uow, invoice, keeps=False)

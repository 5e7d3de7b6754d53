"""What Stripe would bill next, computed and kept nowhere (docs.stripe.com/api/invoices/create_preview)."""

from webapp.stripe_sandbox.params import Params, text
from webapp.stripe_sandbox.resources.invoice import drafting
from webapp.stripe_sandbox.resources.subscription import renewal, subscriptions, update
from webapp.stripe_sandbox.stripe_errors import NOT_FOUND, RefusedError, missing, no_such
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

_DETAILS = (
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "items",
    "proration_behavior",
    "proration_date",
    "trial_end",
)
PREVIEWED = Params(
    {
        "customer": text,
        "subscription": text,
        "subscription_details": Params({name: update.FIELDS.takes[name] for name in _DETAILS}),
    }
)


def create_preview(call: ApiCall) -> Json:
    """Return the next invoice of a subscription, as it is or after a change; raise RefusedError where none comes."""
    given = call.params
    if not given.keys() & {"customer", "subscription"}:
        raise missing("subscription")
    with call.uow.rehearsal():
        for subscription in _asked(call.uow, given):
            invoice = next_invoice(call.uow, subscription, given.get("subscription_details", {}))
            if invoice:
                return invoice
    raise RefusedError(
        "No upcoming invoices for this customer or subscription.", code="invoice_upcoming_none", status=NOT_FOUND
    )


def _asked(uow: UnitOfWork, given: Json) -> list[Json]:
    """Return the subscription that was named, or all of a customer's, the next to renew first."""
    if "subscription" not in given:
        customer = uow.living("customer", given["customer"], "customer")
        return sorted(uow.with_customer("subscription", customer["id"]), key=subscriptions.period_end)
    subscription = uow.get("subscription", given["subscription"], "subscription")
    if given.get("customer", subscription["customer"]) != subscription["customer"]:
        raise no_such("subscription", subscription["id"], "subscription")
    return [subscription]


def next_invoice(uow: UnitOfWork, subscription: Json, details: Json) -> Json | None:
    """Return what a change is billed by at once, else the next renewal."""
    bill_id = new_id("upcoming_in")
    switch = update.planned_change(uow, subscription, details)
    changed = subscription | switch.changes
    if switch.parts:
        return drafting.drafted(uow, changed, drafting.Bill(bill_id, drafting.UPCOMING_REASON, parts=switch.parts))
    return renewal.upcoming_invoice(uow, changed, bill_id)

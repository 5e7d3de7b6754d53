"""Subscriptions made through the API (docs.stripe.com/api/subscriptions/create)."""

from webapp.stripe_sandbox.billing_periods import Cycle
from webapp.stripe_sandbox.params import (
    ListParam,
    Params,
    boolean,
    choice,
    integer,
    metadata,
    metadata_fields,
    positive,
    text,
)
from webapp.stripe_sandbox.resources import customers
from webapp.stripe_sandbox.resources.checkout_session import line_items
from webapp.stripe_sandbox.resources.invoice import charging, closing, drafting, invoices
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.resources.subscription import (
    collecting,
    first_period,
    payment_status,
    proration,
    subscriptions,
    trials,
    update,
)
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork

EXPIRE_SUBSCRIPTION = "expire_incomplete"
PATIENCE = 23 * 60 * 60

FIELDS = Params(
    {
        **collecting.COLLECTION,
        "billing_cycle_anchor": integer,
        "cancel_at_period_end": boolean,
        "customer": text,
        "default_payment_method": text,
        "items": ListParam(Params({"price": text, "quantity": positive}, frozenset({"price"}))),
        "metadata": metadata,
        "payment_behavior": update.PAYMENT_BEHAVIOR,
        "proration_behavior": choice(proration.CREATE_PRORATIONS, proration.NONE),
        "trial_period_days": positive,
        "trial_settings": trials.FIELDS,
    },
    frozenset({"customer", "items"}),
)


def create(call: ApiCall) -> Json:
    """Begin a subscription and charge its first invoice, or have it wait; raise RefusedError."""
    uow, given = call.uow, call.params
    customer = uow.living("customer", given["customer"], "customer")
    subscription = first_period.begin(uow, _start(uow, customer, given))
    customers.bind_currency(uow, customer, subscription["currency"])
    if given.get("cancel_at_period_end"):
        changes = subscriptions.plain_changes(uow, subscription, {"cancel_at_period_end": True})
        subscription = uow.change(subscription, "customer.subscription.updated", **changes)
    if subscription["latest_invoice"] is None:
        return subscription
    bill = _first_bill(uow, subscription)
    if bill.finalizes_at is not None:
        collecting.write_draft(uow, subscription, bill)
        return subscription
    invoice = invoices.issue(uow, subscription, bill)
    if invoice["status"] == "open":
        _charge_first(uow, subscription, invoice, given.get("payment_behavior", update.ALLOW))
    return uow.get("subscription", subscription["id"])


def expire_subscription_when_due(uow: UnitOfWork, invoice_id: str) -> None:
    """Give up a first invoice that nobody paid, and its subscription with it."""
    invoice = uow.get("invoice", invoice_id)
    if payment_status.subscription_of(uow, invoice)["status"] == payment_status.INCOMPLETE:
        closing.void_invoice(uow, invoice)


def _first_bill(uow: UnitOfWork, subscription: Json) -> drafting.Bill:
    """Return what is billed at the beginning: a period, the time until one begins, or in a trial nothing."""
    free = subscription["status"] == trials.TRIALING
    anchor = subscription["billing_cycle_anchor"]
    waits = anchor > uow.now and not free
    parts = tuple(proration.rests(subscription["items"]["data"], anchor, uow.now)) if waits else ()
    sent = subscription["collection_method"] == drafting.SEND and not free
    finalizes_at = uow.now + collecting.HOUR if sent else None
    bill_id = subscription["latest_invoice"]
    return drafting.Bill(bill_id, drafting.CREATION, free=free, parts=parts, finalizes_at=finalizes_at)


def _start(uow: UnitOfWork, customer: Json, given: Json) -> first_period.Start:
    items = [{"quantity": 1, **item} for item in given["items"]]
    bought = line_items.fill_basket(uow, line_items.SUBSCRIPTION, items, name="items")
    method = given.get("default_payment_method")
    if method is not None:
        payment_methods.of_customer(uow, method, customer["id"], "default_payment_method")
    charged = {"collection_method": drafting.AUTOMATICALLY, "days_until_due": None}
    return first_period.Start(
        customer=customer["id"],
        prices=[(position.price, position.quantity) for position in bought.positions],
        method=method,
        metadata=metadata_fields({}, given.get("metadata")),
        trial_days=given.get("trial_period_days", 0),
        trial_settings=given.get("trial_settings"),
        days_until_due=collecting.collection_of(customer, charged, given)["days_until_due"],
        anchor=_anchor(uow, bought.positions[0].price, given),
        unbilled="billing_cycle_anchor" in given and given.get("proration_behavior") == proration.NONE,
    )


def _anchor(uow: UnitOfWork, price: Json, given: Json) -> int | None:
    """Return the moment at which the first full period shall begin; raise RefusedError for one out of reach."""
    anchor: int | None = given.get("billing_cycle_anchor")
    if anchor is None:
        return None
    if "trial_period_days" in given:
        raise RefusedError("The sandbox takes either a trial or `billing_cycle_anchor`.", param="billing_cycle_anchor")
    if not uow.now < anchor <= Cycle(uow.now, *line_items.rhythm(price)).boundary(1):
        raise RefusedError(
            "billing_cycle_anchor must be in the future, and not later than the next natural billing date.",
            param="billing_cycle_anchor",
        )
    return anchor


def _charge_first(uow: UnitOfWork, subscription: Json, invoice: Json, behaviour: str) -> None:
    """Charge a first invoice unless that is left to the customer; what is then not paid waits for 23 hours."""
    uow.remind(uow.now + PATIENCE, EXPIRE_SUBSCRIPTION, invoice["id"])
    if behaviour == update.DEFAULT:
        return
    method = charging.way_of_paying(uow, subscription)
    if method is None:
        raise charging.nothing_to_charge()
    if charging.by_hand(uow, invoice, method) and behaviour == update.ERROR:
        raise charging.refusal(uow, invoice, keeps=False)

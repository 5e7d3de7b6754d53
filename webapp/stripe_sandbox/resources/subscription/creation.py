"""Subscriptions made through the API (docs.stripe.com/api/subscriptions/create)."""

from webapp.stripe_sandbox.params import ListParam, Params, boolean, metadata, metadata_fields, positive, text
from webapp.stripe_sandbox.resources.checkout_session import line_items
from webapp.stripe_sandbox.resources.invoice import charging, closing, drafting, invoices
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.resources.subscription import first_period, payment_status, subscriptions, trials, update
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork

EXPIRE_SUBSCRIPTION = "expire_incomplete"
PATIENCE = 23 * 60 * 60

FIELDS = Params(
    {
        "cancel_at_period_end": boolean,
        "customer": text,
        "default_payment_method": text,
        "items": ListParam(Params({"price": text, "quantity": positive}, frozenset({"price"}))),
        "metadata": metadata,
        "payment_behavior": update.PAYMENT_BEHAVIOR,
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
    uow.change(customer, "customer.updated", currency=subscription["currency"])
    if given.get("cancel_at_period_end"):
        changes = subscriptions.plain_changes(uow, subscription, {"cancel_at_period_end": True})
        subscription = uow.change(subscription, "customer.subscription.updated", **changes)
    free = subscription["status"] == trials.TRIALING
    invoice = invoices.issue(
        uow, subscription, drafting.Bill(subscription["latest_invoice"], drafting.CREATION, free=free)
    )
    if invoice["status"] == "open":
        _charge_first(uow, subscription, invoice, given.get("payment_behavior", update.ALLOW))
    return uow.get("subscription", subscription["id"])


def expire_subscription_when_due(uow: UnitOfWork, invoice_id: str) -> None:
    """Give up a first invoice that nobody paid, and its subscription with it."""
    invoice = uow.get("invoice", invoice_id)
    if payment_status.subscription_of(uow, invoice)["status"] == payment_status.INCOMPLETE:
        closing.void_invoice(uow, invoice)


def _start(uow: UnitOfWork, customer: Json, given: Json) -> first_period.Start:
    items = [{"quantity": 1, **item} for item in given["items"]]
    bought = line_items.fill_basket(uow, line_items.SUBSCRIPTION, items, name="items")
    method = given.get("default_payment_method")
    if method is not None:
        payment_methods.of_customer(uow, method, customer["id"], "default_payment_method")
    return first_period.Start(
        customer=customer["id"],
        prices=[(position.price, position.quantity) for position in bought.positions],
        method=method,
        metadata=metadata_fields({}, given.get("metadata")),
        trial_days=given.get("trial_period_days", 0),
        trial_settings=given.get("trial_settings"),
    )


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

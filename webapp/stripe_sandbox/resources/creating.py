"""Subscriptions made through the API (docs.stripe.com/api/subscriptions/create)."""

from webapp.stripe_sandbox.accepts import Fields, Many, boolean, metadata, noted, positive, text
from webapp.stripe_sandbox.books import Books
from webapp.stripe_sandbox.call import Call
from webapp.stripe_sandbox.resources import (
    basket,
    changing,
    charging,
    closing,
    drafting,
    invoices,
    payment_methods,
    standing,
    subscribing,
    subscriptions,
    trialing,
)
from webapp.stripe_sandbox.store import Json

EXPIRE = "expire_incomplete"
PATIENCE = 23 * 60 * 60

FIELDS = Fields(
    {
        "cancel_at_period_end": boolean,
        "customer": text,
        "default_payment_method": text,
        "items": Many(Fields({"price": text, "quantity": positive}, frozenset({"price"}))),
        "metadata": metadata,
        "payment_behavior": changing.PAYMENT_BEHAVIOR,
        "trial_period_days": positive,
        "trial_settings": trialing.FIELDS,
    },
    frozenset({"customer", "items"}),
)


def create(call: Call) -> Json:
    """Begins a subscription and charges its first invoice, or has it wait; raises RefusedError."""
    books, given = call.books, call.params
    customer = books.living("customer", given["customer"], "customer")
    subscription = subscribing.begin(books, _start(books, customer, given))
    books.change(customer, "customer.updated", currency=subscription["currency"])
    if given.get("cancel_at_period_end"):
        changes = subscriptions.plain_changes(books, subscription, {"cancel_at_period_end": True})
        subscription = books.change(subscription, "customer.subscription.updated", **changes)
    free = subscription["status"] == trialing.TRIALING
    invoice = invoices.issue(
        books, subscription, drafting.Bill(subscription["latest_invoice"], drafting.CREATION, free=free)
    )
    if invoice["status"] == "open":
        _charge_first(books, subscription, invoice, given.get("payment_behavior", changing.ALLOW))
    return books.get("subscription", subscription["id"])


def expire_when_due(books: Books, invoice_id: str) -> None:
    """Gives up a first invoice that nobody paid, and its subscription with it."""
    invoice = books.get("invoice", invoice_id)
    if standing.subscription_of(books, invoice)["status"] == standing.INCOMPLETE:
        closing.void(books, invoice)


def _start(books: Books, customer: Json, given: Json) -> subscribing.Start:
    items = [{"quantity": 1, **item} for item in given["items"]]
    bought = basket.fill(books, basket.SUBSCRIPTION, items, name="items")
    method = given.get("default_payment_method")
    if method is not None:
        payment_methods.of_customer(books, method, customer["id"], "default_payment_method")
    return subscribing.Start(
        customer=customer["id"],
        prices=[(position.price, position.quantity) for position in bought.positions],
        method=method,
        metadata=noted({}, given.get("metadata")),
        trial_days=given.get("trial_period_days", 0),
        trial_settings=given.get("trial_settings"),
    )


def _charge_first(books: Books, subscription: Json, invoice: Json, behaviour: str) -> None:
    """Charges a first invoice unless that is left to the customer; what is then not paid waits for 23 hours."""
    books.remind(books.now + PATIENCE, EXPIRE, invoice["id"])
    if behaviour == changing.DEFAULT:
        return
    method = charging.way_of_paying(books, subscription)
    if method is None:
        raise charging.nothing_to_charge()
    if charging.by_hand(books, invoice, method) and behaviour == changing.ERROR:
        raise charging.refusal(books, invoice, keeps=False)

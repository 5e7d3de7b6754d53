"""What the publisher does in Stripe's dashboard, past us: told as Stripe tells it.

What Stripe's API can do as well goes through its endpoints, with the same refusals.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlencode

from sqlalchemy import select

from webapp.kit.money import Money
from webapp.stripe_sandbox.cards import TypedCard
from webapp.stripe_sandbox.checkout_payment import Tender, pay_session
from webapp.stripe_sandbox.endpoints import find_route
from webapp.stripe_sandbox.form_encoding import parse_form
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.resources.payment.payment_methods import CARD
from webapp.stripe_sandbox.resources.subscription import proration, update
from webapp.stripe_sandbox.storage import BASE_URL, objects, recall
from webapp.stripe_sandbox.stripe_errors import NOT_FOUND, RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

_GOOD_CARD = "4242424242424242"
_THANKS = "https://example.com/thanks"  # where the payment link of somebody's other product leads


class InvoiceMark(StrEnum):
    """What can be made of an invoice by hand."""

    PAID = "paid"
    SENT = "sent"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


_MARKING = {
    InvoiceMark.PAID: ("pay", {"paid_out_of_band": "true"}),
    InvoiceMark.SENT: ("send", {}),
    InvoiceMark.UNCOLLECTIBLE: ("mark_uncollectible", {}),
    InvoiceMark.VOID: ("void", {}),
}


def create_subscription(
    uow: UnitOfWork,
    customer_id: str,
    price_id: str,
    *,
    quantity: int = 1,
    trial_days: int = 0,
    days_until_due: int | None = None,
) -> Json:
    """Begin a subscription for a customer, charged by itself, or billed to be paid within so many days."""
    form = {"customer": customer_id, "items[0][price]": price_id, "items[0][quantity]": str(quantity)}
    trial = {"trial_period_days": str(trial_days)} if trial_days else {}
    collection = _collection(days_until_due) if days_until_due is not None else {}
    return _ask(uow, "post", "/v1/subscriptions", form | trial | collection)


def change_price(uow: UnitOfWork, subscription_id: str, price_id: str, *, prorate: bool = False) -> Json:
    """Put a subscription on another price; the difference is billed at once, or not at all."""
    behaviour = proration.ALWAYS_INVOICE if prorate else proration.NONE
    form = {"items[0][id]": _first_item(uow, subscription_id)["id"], "items[0][price]": price_id}
    return _update(uow, subscription_id, form | {"proration_behavior": behaviour})


def change_amount(
    uow: UnitOfWork, subscription_id: str, unit_amount: int, interval: str | None = None, *, prorate: bool = False
) -> Json:
    """Put a subscription on a price that is made for it, of the same product; return the subscription."""
    price = make_price_beside(uow, subscription_id, unit_amount, interval)
    return change_price(uow, subscription_id, price["id"], prorate=prorate)


def make_price_beside(uow: UnitOfWork, subscription_id: str, unit_amount: int, interval: str | None = None) -> Json:
    """Make another price of the product that a subscription is for, charged as often unless an interval is named."""
    price = _first_item(uow, subscription_id)["price"]
    form = {
        "currency": price["currency"],
        "product": price["product"],
        "recurring[interval]": interval or price["recurring"]["interval"],
        "unit_amount": str(unit_amount),
    }
    return _ask(uow, "post", "/v1/prices", form)


def change_collection(uow: UnitOfWork, subscription_id: str, days_until_due: int | None) -> Json:
    """Have a subscription billed to be paid within so many days, or with None charged by itself."""
    return _update(uow, subscription_id, _collection(days_until_due))


def pause_collection(uow: UnitOfWork, subscription_id: str, behavior: str, resumes_at: int | None = None) -> Json:
    """Pause the collection of payments, until a moment or for as long as nobody resumes it."""
    until = {} if resumes_at is None else {"pause_collection[resumes_at]": str(resumes_at)}
    return _update(uow, subscription_id, {"pause_collection[behavior]": behavior} | until)


def resume_collection(uow: UnitOfWork, subscription_id: str) -> Json:
    """Collect payments again."""
    return _update(uow, subscription_id, {"pause_collection": ""})


def move_billing_anchor(uow: UnitOfWork, subscription_id: str, at: int | None = None) -> Json:
    """Have the present period end at another moment, for which Stripe bills nothing.

    Without a moment a period begins now, at its full price and without credit for the one before.
    """
    subscription = uow.get("subscription", subscription_id)
    if at is None:
        fresh = proration.afresh(uow, subscription, subscription["items"]["data"])
        return update.apply_change(uow, subscription, fresh, {})
    if at <= uow.now:
        raise RefusedError("The billing cycle's anchor must be in the future.", param="billing_cycle_anchor")
    items = subscription["items"]
    moved = list_of([item | {"current_period_end": at} for item in items["data"]], items["url"])
    switch = proration.Switch({"billing_cycle_anchor": at, "items": moved})
    return update.apply_change(uow, subscription, switch, {})


def cancel_subscription(uow: UnitOfWork, subscription_id: str, *, at_period_end: bool = False) -> Json:
    """End a subscription at once, or with its period."""
    if at_period_end:
        return _update(uow, subscription_id, {"cancel_at_period_end": "true"})
    return _ask(uow, "delete", f"/v1/subscriptions/{subscription_id}", {})


def mark_invoice(uow: UnitOfWork, invoice_id: str, mark: InvoiceMark) -> Json:
    """Mark an invoice: paid out of band, sent, given up, or void."""
    action, form = _MARKING[mark]
    return _ask(uow, "post", f"/v1/invoices/{invoice_id}/{action}", form)


def delete_customer(uow: UnitOfWork, customer_id: str) -> Json:
    """Delete a customer; its subscriptions end at once."""
    return _ask(uow, "delete", f"/v1/customers/{customer_id}", {})


def pay_payment_link(uow: UnitOfWork, sold: Money | str, reference: str) -> Json:
    """Pay a payment link with a `client_reference_id` that somebody typed into its address; return the session.

    It sells another product for so much, or a price of ours; the session has neither our customer nor our metadata.
    """
    form = {"client_reference_id": reference, "success_url": _THANKS, "line_items[0][quantity]": "1"}
    session = _ask(uow, "post", "/v1/checkout/sessions", form | _sold(uow, sold))
    uow.save(session, payment_link=new_id("plink"))
    expiry = f"12/{(datetime.fromtimestamp(uow.now, UTC).year + 1) % 100}"
    paid = pay_session(uow, session["id"], Tender(CARD, TypedCard(_GOOD_CARD, expiry, "123")))
    assert paid.url, paid
    return uow.get("checkout.session", session["id"])


def list_objects(uow: UnitOfWork, kind: str | None) -> Iterator[str]:
    """Yield a line for each object of a kind, or of all kinds but events, the oldest first."""
    wanted = objects.c.object != "event" if kind is None else objects.c.object == kind
    for body in uow.connection.scalars(select(objects.c.body).where(wanted).order_by(objects.c.sequence)):
        yield line_of(body)


def currency_of(uow: UnitOfWork, subscription_id: str) -> str:
    """Return the currency that a subscription is billed in."""
    return str(uow.get("subscription", subscription_id)["currency"])


def line_of(body: Json) -> str:
    """Return what tells an object from others, in a line: id, kind, status, amount, customer."""
    amount = next((body[key] for key in ("unit_amount", "amount_total", "total", "amount") if body.get(key)), None)
    money = Money(amount, body["currency"]).shown("en") if amount is not None and body.get("currency") else ""
    return "\t".join((body["id"], body["object"], body.get("status") or "", money, body.get("customer") or ""))


def _ask(uow: UnitOfWork, method: str, path: str, form: dict[str, str]) -> Json:
    """Do what Stripe's API does when it is asked so; raise RefusedError."""
    found = find_route(method, path)
    if found is None:
        raise RefusedError(f"The sandbox cannot do this: {method.upper()} {path}", status=NOT_FOUND)
    route, object_id = found
    params = route.fields(parse_form(urlencode(form)))
    return route.handler(ApiCall(uow, params, path, object_id, recall(uow.connection, BASE_URL) or ""))


def _update(uow: UnitOfWork, subscription_id: str, form: dict[str, str]) -> Json:
    return _ask(uow, "post", f"/v1/subscriptions/{subscription_id}", form)


def _collection(days_until_due: int | None) -> dict[str, str]:
    if days_until_due is None:
        return {"collection_method": "charge_automatically"}
    return {"collection_method": "send_invoice", "days_until_due": str(days_until_due)}


def _first_item(uow: UnitOfWork, subscription_id: str) -> Json:
    first: Json = uow.get("subscription", subscription_id)["items"]["data"][0]
    return first


def _sold(uow: UnitOfWork, sold: Money | str) -> dict[str, str]:
    """Return the fields of a session for a price of ours, or for something else at so much."""
    if isinstance(sold, str):
        recurs = uow.get("price", sold)["recurring"] is not None
        return {"mode": "subscription" if recurs else "payment", "line_items[0][price]": sold}
    data = "line_items[0][price_data]"
    return {
        "mode": "payment",
        f"{data}[currency]": sold.currency,
        f"{data}[unit_amount]": str(sold.minor_units),
        f"{data}[product_data][name]": "Something else",
    }

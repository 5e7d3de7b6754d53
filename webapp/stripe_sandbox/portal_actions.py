"""What customers do for themselves, in the portal and on an invoice's page."""

from datetime import UTC, datetime

from sqlalchemy import select

from webapp.kit.translatable import _
from webapp.stripe_sandbox.cards import Behaviour, TypedCard, ValidCard
from webapp.stripe_sandbox.checkout_payment import PaymentEnd, PaymentOutcome
from webapp.stripe_sandbox.resources.invoice import charging, invoice_endpoints, invoices
from webapp.stripe_sandbox.resources.payment import declines, payment_intents, payment_method_endpoints
from webapp.stripe_sandbox.resources.subscription import proration, resume, subscriptions, update
from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import RefusedError, no_such
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork


def cancel_in_portal(uow: UnitOfWork, session_id: str, subscription_id: str) -> None:
    """Let a subscription end with its period; raise RefusedError for somebody else's."""
    subscriptions.end_at_period_end(uow, _own(uow, session_id, subscription_id))


def resume_in_portal(uow: UnitOfWork, session_id: str, subscription_id: str) -> None:
    """Take a chosen end back, or take up what is paused; raise RefusedError for somebody else's."""
    subscription = _own(uow, session_id, subscription_id)
    if subscription["status"] == "paused":
        resume.take_up(uow, subscription)
    else:
        subscriptions.undo_cancellation(uow, subscription)


def switch_plan(uow: UnitOfWork, session_id: str, subscription_id: str, price_id: str) -> str | None:
    """Switch a subscription to one of its other plans and bill the difference; raise RefusedError for another.

    Return where the customer is sent then, where the session was opened for this alone.
    """
    subscription = _own(uow, session_id, subscription_id)
    if price_id not in [price["id"] for price in other_plans(uow, subscription)]:
        raise no_such("price", price_id)
    update.change_subscription(uow, subscription, switch_params(subscription, price_id))
    flow = uow.get("billing_portal.session", session_id)["flow"]
    after = flow["after_completion"]["redirect"] if flow else None
    return str(after["return_url"]) if after else None


def switch_params(subscription: Json, price_id: str) -> Json:
    """Return what a switch is as parameters of a subscription's update."""
    wanted = [{"id": subscription["items"]["data"][0]["id"], "price": price_id}]
    return {"items": wanted, "proration_behavior": proration.ALWAYS_INVOICE}


def other_plans(uow: UnitOfWork, subscription: Json) -> list[Json]:
    """Return what a subscription can be switched to: prices on sale under a name, in its currency."""
    if subscription["status"] == "incomplete" or not subscriptions.is_running(subscription):
        return []
    named = (objects.c.object == "price", objects.c.lookup_key.is_not(None))
    prices = uow.connection.scalars(select(objects.c.body).where(*named).order_by(objects.c.sequence))
    present = [item["price"]["id"] for item in subscription["items"]["data"]]
    return [price for price in prices if price["id"] not in present and _on_sale(uow, price, subscription)]


def save_card(uow: UnitOfWork, session_id: str, typed: TypedCard) -> PaymentOutcome:
    """Have everything charged to a new card from now on, and try at once to pay what is open."""
    customer = uow.living("customer", uow.get("billing_portal.session", session_id)["customer"])
    card = _accepted(uow, typed)
    if isinstance(card, PaymentOutcome):
        return card
    method = payment_method_endpoints.take(uow, customer, card)
    payment_method_endpoints.charge_from_now_on(uow, customer, method)
    declined = [charging.by_hand(uow, invoice, method) for invoice in _open_invoices(uow, customer)]
    if any(declined):
        return PaymentOutcome(
            PaymentEnd.DECLINED, message=_("The card is kept, but the bank declined to pay an open invoice with it.")
        )
    return PaymentOutcome(PaymentEnd.PAID)


def pay_invoice(uow: UnitOfWork, invoice_id: str, typed: TypedCard) -> PaymentOutcome:
    """Pay one invoice with a card that is left for it; raise RefusedError when nothing is owed."""
    invoice = uow.get("invoice", invoice_id)
    customer = uow.living("customer", invoice["customer"])
    if invoice["status"] not in invoice_endpoints.PAYABLE_STATUSES:
        raise RefusedError(f"This invoice is {invoice['status']}.")
    card = _accepted(uow, typed)
    if isinstance(card, PaymentOutcome):
        return card
    method = payment_method_endpoints.take(uow, customer, card)
    if card.known.behaviour is Behaviour.ASKS:
        _payment, intent = invoices.payment_of(uow, invoice)
        payment_intents.ask(uow, intent, method, invoice["hosted_invoice_url"])
        return PaymentOutcome(PaymentEnd.ASKED)
    declined = charging.by_hand(uow, invoice, method)
    return (
        PaymentOutcome(PaymentEnd.DECLINED, message=declined.message) if declined else PaymentOutcome(PaymentEnd.PAID)
    )


def confirm_invoice(uow: UnitOfWork, invoice_id: str, *, passes: bool) -> PaymentOutcome:
    """Pay an invoice whose payment was confirmed at the bank, or decline it."""
    invoice = uow.get("invoice", invoice_id)
    intent = waiting_intent(uow, invoice)
    if intent is None:
        return PaymentOutcome(PaymentEnd.INVALID)
    method = uow.get("payment_method", intent["payment_method"])
    if passes:
        charging.collect_from_customer(uow, invoice, method, max(1, invoice["attempt_count"]))
        return PaymentOutcome(PaymentEnd.PAID)
    payment_intents.fail(uow, intent, method, declines.NOT_CONFIRMED)
    return PaymentOutcome(PaymentEnd.DECLINED, message=declines.NOT_CONFIRMED.message)


def waiting_intent(uow: UnitOfWork, invoice: Json) -> Json | None:
    """Return what an invoice is to be paid by, where that waits to be confirmed at the bank."""
    if invoice["status"] not in invoice_endpoints.PAYABLE_STATUSES:
        return None
    _payment, intent = invoices.payment_of(uow, invoice)
    return intent if intent["status"] == payment_intents.REQUIRES_ACTION else None


def _own(uow: UnitOfWork, session_id: str, subscription_id: str) -> Json:
    """Return a running subscription of a portal's customer; raise RefusedError otherwise."""
    customer = uow.get("billing_portal.session", session_id)["customer"]
    subscription = uow.get("subscription", subscription_id)
    if subscription["customer"] != customer or not subscriptions.is_running(subscription):
        raise no_such("subscription", subscription_id)
    return subscription


def _accepted(uow: UnitOfWork, typed: TypedCard) -> ValidCard | PaymentOutcome:
    """Return a card that the bank lets us keep, or why there is none."""
    card = typed.read(datetime.fromtimestamp(uow.now, UTC))
    if isinstance(card, dict):
        return PaymentOutcome(PaymentEnd.INVALID, problems=card)
    decline = declines.DECLINES.get(card.known.behaviour)
    return PaymentOutcome(PaymentEnd.DECLINED, message=decline.message) if decline else card


def _open_invoices(uow: UnitOfWork, customer: Json) -> list[Json]:
    """Return what a customer's running subscriptions owe, the oldest first."""
    running = [one for one in uow.with_customer("subscription", customer["id"]) if subscriptions.is_running(one)]
    return [invoice for one in running for invoice in uow.invoices_of(one["id"], "open")[::-1]]


def _on_sale(uow: UnitOfWork, price: Json, subscription: Json) -> bool:
    fits = price["active"] and price["recurring"] is not None and price["currency"] == subscription["currency"]
    return bool(fits and uow.get("product", price["product"])["active"])

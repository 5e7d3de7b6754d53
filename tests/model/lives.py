"""What readers, the publisher and banks do: in our house, on Stripe's pages and in its dashboard."""

import json
import re
from collections import defaultdict
from datetime import timedelta
from typing import Any

from tests.model.world import World
from webapp.billing.checkout import start_checkout
from webapp.billing.order_terms import Order
from webapp.billing.outbox_runner import run_commands
from webapp.billing.sync import sync
from webapp.stripe_sandbox import portal_actions
from webapp.stripe_sandbox.cards import TypedCard

Json = dict[str, Any]
CARDS = {
    "good": "4242424242424242",
    "declined": "4000000000000002",
    "poor": "4000000000009995",
    "fails on renewal": "4000000000000341",
    "asks": "4000002760003184",
}
WALLETS = ["now", "later", "fails_later", "refused"]
_STOCK = """SELECT object, json_extract(body, '$.status'), id FROM objects WHERE object IN
            ('checkout.session', 'subscription', 'payment_intent', 'refund', 'dispute', 'invoice') ORDER BY sequence"""
_CUSTOMERS = "SELECT id FROM objects WHERE object = 'customer' AND json_extract(body, '$.deleted') IS NULL"


class Stock(defaultdict[str, list[str]]):
    """What there is at Stripe by kind and status ("refund pending"), the oldest first: ids to choose from."""

    @classmethod
    def of(cls, world: World) -> "Stock":
        found = cls(list)
        for kind, status, id_ in world.theirs.execute(_STOCK):
            found[f"{kind} {status}"].append(id_)
            found[kind].append(id_)
        found["customer"] += [id_ for (id_,) in world.theirs.execute(_CUSTOMERS)]
        return found

    @property
    def running(self) -> list[str]:
        """Return the subscriptions that have not ended."""
        over = {*self["subscription canceled"], *self["subscription incomplete_expired"]}
        return [id_ for id_ in self["subscription"] if id_ not in over]


def order(world: World, reader: int, what: str, *, warned: bool = False) -> str:
    """Order a plan, or the document of a number; return the session's id."""
    document = world.documents[int(what)] if what.isdigit() else None
    kind, title = ("document", f"Document {what}") if document else (what, "")
    url = start_checkout(world.billing, world.buyers[reader], Order(kind, document, title, "/", warned))
    return re.split("[/=]", url)[-1]


def pay(world: World, session_id: str, how: str, code: str = "") -> None:
    """Pay on Stripe's page: with a card by its nickname, or with a wallet by what it does."""
    if how in CARDS:
        world.sandbox.pay(session_id, "card", CARDS[how], "12/39", "123", promotion_code=code)
        world.sandbox.confirm(session_id)  # which does nothing where the card did not ask for it
    else:
        world.sandbox.pay(session_id, "alipay", wallet=how, promotion_code=code)


def come_back(world: World, session_id: str) -> None:
    """Come back from Stripe's page, as the view has it."""
    sync(world.billing, "checkout.session", session_id)
    run_commands(world.billing)


def tend(world: World, subscription_id: str, action: str) -> None:
    """Do something in the customer's portal."""
    customer = body_of(world, subscription_id)["customer"]
    portal = world.stripe.billing_portal.sessions.create({"customer": customer}).id
    with world.sandbox.writing() as uow:
        match action:
            case "cancel":
                portal_actions.cancel_in_portal(uow, portal, subscription_id)
            case "go on":
                portal_actions.resume_in_portal(uow, portal, subscription_id)
            case "switch":
                prices = portal_actions.other_plans(uow, uow.get("subscription", subscription_id))
                portal_actions.switch_plan(uow, portal, subscription_id, prices[0]["id"] if prices else "")
            case card:
                portal_actions.save_card(uow, portal, TypedCard(CARDS[card], "12/39", "123"))


def rule(world: World, subscription_id: str, action: str) -> None:
    """Do something to a subscription by the publisher's hand, through the API or in the dashboard."""
    subscriptions, now = world.stripe.subscriptions, int(world.now.timestamp())
    match action:
        case "cancel":
            subscriptions.cancel(subscription_id)
        case "cancel with the period":
            subscriptions.update(subscription_id, {"cancel_at_period_end": True})
        case "cancel in ten days":
            subscriptions.update(subscription_id, {"cancel_at": now + 864_000})
        case "let go on":
            subscriptions.update(subscription_id, {"cancel_at_period_end": False})
        case "collect again":
            subscriptions.update(subscription_id, {"pause_collection": ""})
        case "end the trial":
            subscriptions.update(subscription_id, {"trial_end": "now"})
        case "pause for ten days":
            subscriptions.update(
                subscription_id, {"pause_collection": {"behavior": "void", "resumes_at": now + 864_000}}
            )
        case behaviour:
            subscriptions.update(subscription_id, {"pause_collection": {"behavior": behaviour}})


PUBLISHERS = [
    "cancel",
    "cancel with the period",
    "cancel in ten days",
    "let go on",
    "collect again",
    "end the trial",
    "pause for ten days",
    "keep_as_draft",
    "mark_uncollectible",
    "void",
]


def give_back(world: World, payment: str, share: int, *, pending: bool) -> None:
    """Refund a payment in the dashboard: all that is left, or one of so many parts."""
    amount = None if share == 1 else max(1, body_of(world, payment)["amount"] // share)
    world.sandbox.refund(payment, amount, pending=pending)


def settle_invoice(world: World, invoice_id: str, how: str) -> None:
    """Pay an invoice on its page, or do away with it in the dashboard."""
    if how in CARDS:
        with world.sandbox.writing() as uow:
            portal_actions.pay_invoice(uow, invoice_id, TypedCard(CARDS[how], "12/39", "123"))
            portal_actions.confirm_invoice(uow, invoice_id, passes=True)
    else:
        getattr(world.stripe.invoices, how)(invoice_id)


def sell_something_else(world: World, customer: str, mark: str | None) -> None:
    """Sell a subscription that is none of ours to a customer of ours; `mark` bears our sign all the same."""
    method = world.stripe.payment_methods.create(
        {"type": "card", "card": {"number": CARDS["good"], "exp_month": 12, "exp_year": 2039, "cvc": "123"}}
    )
    method = world.stripe.payment_methods.attach(method.id, {"customer": customer})
    params: Json = {
        "customer": customer,
        "items": [{"price": world.foreign_price}],
        "default_payment_method": method.id,
    }
    world.stripe.subscriptions.create(params | ({"metadata": {"paidspan_purchase": mark}} if mark else {}))


def foreign_news(number: int) -> Json:
    """Return an event about something that Stripe does not have, that nobody sells, or that has no id."""
    kind = ("customer", "subscription", "charge", "balance", "invoice")[number % 5]
    about = {"object": kind} | ({} if kind == "invoice" else {"id": f"{kind}_nobody_knows"})
    type_ = "invoice.upcoming" if kind == "invoice" else f"{kind}.updated"
    return {"id": f"evt_foreign_{number}", "type": type_, "livemode": False, "data": {"object": about}}


def change(world: World, subscription_id: str, what: str) -> None:
    """Change at Stripe what a subscription opens."""
    if what in PUBLISHERS:
        rule(world, subscription_id, what)
        return
    with world.sandbox.reading() as uow:
        invoices = uow.invoices_of(subscription_id, "paid")
        payments = [entry for invoice in invoices for entry in uow.owned(invoice["id"], "invoice_payment")]
    if payments:
        payment = payments[0]["payment"]["payment_intent"]
        world.sandbox.refund(payment) if what == "refund" else world.sandbox.dispute(payment)


def until(world: World, moment: float) -> timedelta:
    """Return how far away a moment is; none at all when it has passed."""
    return timedelta(seconds=max(0, int(moment) - int(world.now.timestamp())))


def body_of(world: World, object_id: str) -> Json:
    """Return an object at Stripe as it is now."""
    (body,) = world.theirs.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
    return json.loads(body)


def mark_of(world: World) -> str | None:
    """Return our mark as some purchase bears it."""
    row = world.ours.execute("SELECT id FROM purchases ORDER BY created_at, id LIMIT 1").fetchone()
    return row[0] if row else None


def targets_of(world: World, reader: int) -> list[tuple[str, str]]:
    """Return everything at Stripe that is a reader's: sessions, subscriptions, customers."""
    customers = world.ours.execute("SELECT id FROM stripe_customers WHERE reader_id = ?", (reader,)).fetchall()
    theirs = """SELECT object, id FROM objects WHERE object IN ('checkout.session', 'subscription') AND customer = ?
                ORDER BY sequence"""
    found = [row for customer in customers for row in world.theirs.execute(theirs, customer)]
    return found + [("customer", customer) for (customer,) in customers]

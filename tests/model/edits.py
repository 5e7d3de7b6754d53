"""What the publisher does in Stripe's dashboard, past us, to what customers of ours have."""

import json
from collections.abc import Callable

from tests.model.lives import CARDS, Json, body_of
from tests.model.world import World
from webapp.kit.money import Money
from webapp.stripe_sandbox import dashboard, object_edits

DAY = 86_400
FIXED = ("id", "object", "has_more", "url")  # what objects are found by, and the frame of a list
Edit = Callable[[World, str], object]


def _with(action, *args, **kwargs) -> Edit:
    """Return the edit that does something in the dashboard."""
    return lambda world, id_: world.sandbox.write(lambda uow: action(uow, id_, *args, **kwargs))


def _to_plan(kind: str, *, prorate: bool) -> Edit:
    return lambda world, id_: _with(dashboard.change_price, world.prices()[kind], prorate=prorate)(world, id_)


def _to_something_else(world: World, id_: str) -> None:
    _with(dashboard.change_price, world.foreign_price)(world, id_)


def _with_anchor_in(days: int) -> Edit:
    def move(world: World, id_: str) -> None:
        _with(dashboard.move_billing_anchor, int(world.now.timestamp()) + days * DAY)(world, id_)

    return move


SUBSCRIPTION_EDITS: dict[str, Edit] = {
    "cheaper": _with(dashboard.change_amount, 100),
    "dearer at once": _with(dashboard.change_amount, 9900, prorate=True),
    "each week": _with(dashboard.change_amount, 700, "week"),
    "each week, prorated": _with(dashboard.change_amount, 700, "week", prorate=True),
    "to the year": _to_plan("year", prorate=False),
    "to the year, prorated": _to_plan("year", prorate=True),
    "to the month": _to_plan("month", prorate=False),
    "to the month, prorated": _to_plan("month", prorate=True),
    "to something else": _to_something_else,
    "metadata emptied": _with(object_edits.edit_object, "metadata", {}),
    "billed for later": _with(dashboard.change_collection, 10),
    "charged by itself": _with(dashboard.change_collection, None),
    "anchor now": _with(dashboard.move_billing_anchor),
    "anchor in ten days": _with_anchor_in(10),
    "anchor in fifty days": _with_anchor_in(50),
    "cancelled": _with(dashboard.cancel_subscription),
    "cancelled with the period": _with(dashboard.cancel_subscription, at_period_end=True),
    "paused": _with(dashboard.pause_collection, "void"),
    "resumed": _with(dashboard.resume_collection),
}
INVOICE_MARKS = [*dashboard.InvoiceMark, "finalized", "credited", "half credited"]
BY_HAND: dict[str, Json] = {
    "month": {},
    "month with a trial": {"trial_days": 10},
    "month to be paid within ten days": {"days_until_due": 10},
    "year to be paid within a day": {"days_until_due": 1},
}
LINKED = ["1 yuan", "a pass", "a month"]


def mark_invoice(world: World, invoice_id: str, mark: str) -> None:
    """Make something of an invoice by hand."""
    invoice = body_of(world, invoice_id)
    if mark == "finalized":
        world.stripe.invoices.finalize_invoice(invoice_id)
    elif mark in {"credited", "half credited"}:
        amount = invoice["total"] // (1 if mark == "credited" else 2)
        given = {"credit_amount": amount} if invoice["amount_paid"] else {}
        world.stripe.credit_notes.create({"invoice": invoice_id, "amount": amount, **given})
    else:
        _with(dashboard.mark_invoice, dashboard.InvoiceMark(mark))(world, invoice_id)


def subscribe_by_hand(world: World, customer: str, how: str) -> None:
    """Make a subscription for a customer, who pays with a card that was taken down on the telephone."""
    card = {"number": CARDS["good"], "exp_month": 12, "exp_year": 2039, "cvc": "123"}
    method = world.stripe.payment_methods.create({"type": "card", "card": card})
    world.stripe.payment_methods.attach(method.id, {"customer": customer})
    world.stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
    _with(dashboard.create_subscription, world.prices()[how.split(maxsplit=1)[0]], **BY_HAND[how])(world, customer)


def pay_link(world: World, sold: str, reference: str) -> None:
    """Pay a payment link with a number of an order typed into its address."""
    what = {"1 yuan": Money(100, "cny"), "a pass": world.prices()["pass"], "a month": world.prices()["month"]}[sold]
    world.sandbox.write(lambda uow: dashboard.pay_payment_link(uow, what, reference))


def stored_fields(world: World) -> list[tuple[str, str, object]]:
    """Return every field of every object that Stripe has of readers: id, path and value; no events."""
    found = []
    rows = world.theirs.execute("SELECT id, body FROM objects WHERE object != 'event' ORDER BY sequence")
    for id_, body in rows:
        found += [
            (id_, path, value) for path, value in _leaves(json.loads(body), "") if path.split(".")[-1] not in FIXED
        ]
    return found


def _leaves(branch: object, path: str) -> list[tuple[str, object]]:
    """Return the paths of a branch that end in a value, and of the branches themselves."""
    inner = branch.items() if isinstance(branch, dict) else enumerate(branch) if isinstance(branch, list) else ()
    here = [(path, branch)] if path else []
    return here + [leaf for key, value in inner for leaf in _leaves(value, f"{path}.{key}".lstrip("."))]

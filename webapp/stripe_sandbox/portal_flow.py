"""The portal opened for one thing alone: to confirm a switch of plan."""

from dataclasses import dataclass

from webapp.kit.money import Money
from webapp.stripe_sandbox import portal_actions
from webapp.stripe_sandbox.resources import portal_sessions
from webapp.stripe_sandbox.resources.subscription import preview, update
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork
from webapp.stripe_sandbox.view_models import Line, view_line


@dataclass(frozen=True, slots=True)
class SwitchView:
    """A switch that waits to be confirmed: of what to what, and what it charges now."""

    subscription_id: str
    present: Line
    price_id: str
    wanted: Line
    due: Money
    return_url: str | None


def view_switch(uow: UnitOfWork, session_id: str) -> SwitchView | None:
    """Return what a portal session was opened to confirm; None for one that shows everything, or once it is done."""
    session = uow.get("billing_portal.session", session_id)
    if session["flow"] is None:
        return None
    flow = session["flow"][portal_sessions.SWITCH]
    subscription, price_id = uow.get("subscription", flow["subscription"]), flow["items"][0]["price"]
    price = next((one for one in portal_actions.other_plans(uow, subscription) if one["id"] == price_id), None)
    if price is None:
        return None
    item = subscription["items"]["data"][0]
    return SwitchView(
        subscription["id"],
        _line(uow, item["price"], item["quantity"]),
        price_id,
        _line(uow, price, item["quantity"]),
        _due(uow, subscription, price_id),
        session["return_url"],
    )


def _line(uow: UnitOfWork, price: Json, quantity: int) -> Line:
    return view_line(uow.get("product", price["product"])["name"], price, quantity)


def _due(uow: UnitOfWork, subscription: Json, price_id: str) -> Money:
    """Return what a switch charges at once."""
    wanted = portal_actions.switch_params(subscription, price_id)
    with uow.rehearsal():
        at_once = update.planned_change(uow, subscription, wanted).parts
        bill = preview.next_invoice(uow, subscription, wanted) if at_once else None
    return Money(bill["amount_due"] if bill else 0, subscription["currency"])

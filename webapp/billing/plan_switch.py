"""Switching a running subscription to another plan: what it costs, told before, and where it is confirmed."""

from dataclasses import dataclass

from webapp.billing.account_overview import HeldSubscription, get_held_subscription
from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import StripeRefusedError
from webapp.billing.gateway.facts import SwitchPreview
from webapp.billing.gateway.portal import open_switch
from webapp.billing.gateway.previews import preview_switch
from webapp.billing.models import Plan
from webapp.billing.plans import find_plan_on_sale
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.translatable import _


@dataclass(frozen=True, slots=True)
class PlanSwitch:
    """A switch that its reader thinks about: from what to what, and what Stripe says it costs."""

    held: HeldSubscription
    plan: Plan
    preview: SwitchPreview | None


def preview_plan_switch(billing: BillingContext, reader_id: int, code: str) -> PlanSwitch:
    """Return what switching to a plan costs; raise NotFoundError, ConflictError, PaymentsUnavailableError.

    Owns its transactions: nothing is open while Stripe answers.
    """
    held, plan = _wanted(billing, reader_id, code)
    return PlanSwitch(held, plan, preview_switch(billing.gateway, held.facts, plan.stripe_price_id))


def start_plan_switch(billing: BillingContext, reader_id: int, code: str, return_url: str, locale: str) -> str:
    """Return the address at Stripe where the switch is confirmed; raise as `preview_plan_switch` does."""
    held, plan = _wanted(billing, reader_id, code)
    try:
        return open_switch(billing.gateway, held.facts, plan.stripe_price_id, return_url, locale)
    except StripeRefusedError as refusal:
        about = refusal.said[:255]
        billing.database.write(lambda session: alert_publisher(session, billing.mode, AlertCode.CANNOT_SELL, about))
        raise


def _wanted(billing: BillingContext, reader_id: int, code: str) -> tuple[HeldSubscription, Plan]:
    with billing.database.reading() as session:
        held = get_held_subscription(session, reader_id, billing.mode)
        plan = find_plan_on_sale(session, billing.mode, code)
    if plan is None or not plan.kind.recurring:
        raise NotFoundError(_("This plan is not on sale."))
    if held is None or not held.can_switch or held.price.currency != plan.currency or held.kind is plan.kind:
        raise ConflictError(
            _("Your subscription cannot be switched to this plan as it stands."), _("Your account shows how it stands.")
        )
    return held, plan

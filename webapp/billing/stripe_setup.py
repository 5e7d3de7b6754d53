"""Setting up an account at Stripe: prices, the portal and the webhook endpoint, made once and kept in step."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import MissingAtStripeError
from webapp.billing.gateway.portal import save_portal
from webapp.billing.gateway.setup_calls import (
    SavedPrice,
    get_product_of_price,
    list_endpoints,
    make_endpoint,
    mend_endpoint,
    save_price,
)
from webapp.billing.models import Plan, PlanKind
from webapp.kit.money import Money
from webapp.settings import Mode

_INTERVALS = {PlanKind.YEAR: "year", PlanKind.MONTH: "month"}
# All events that change what a reader holds; docs.stripe.com/api/events/types says what each is about. Not
# `invoice.created`: where it cannot be delivered, Stripe holds the invoice back for up to 72 hours.
EVENTS = {
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "credit_note.created",
    "credit_note.voided",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
    "refund.created",
    "refund.failed",
    "refund.updated",
}


@dataclass(frozen=True, slots=True)
class PlanWish:
    """A plan as it shall be sold; `days` of a pass, `trial_days` of a subscription."""

    kind: PlanKind
    name: str
    price: Money
    days: int | None = None
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class SetupStep:
    """What setting up did with one thing: "made", "changed", "kept" or "retired"; `said` is for the publisher."""

    what: str
    did: str
    said: str = ""


FIRST_PLANS = (
    PlanWish(PlanKind.YEAR, "paidspan 年度订阅 · one year", Money(19800, "cny")),
    PlanWish(PlanKind.MONTH, "paidspan 月度订阅 · one month", Money(2500, "cny")),
    PlanWish(PlanKind.PASS, "paidspan 30 天通行证 · 30 days", Money(3000, "cny"), 30),
)


def current_plan_wishes(session: Session, mode: Mode) -> list[PlanWish]:
    """Return the plans as they are sold now; at the very first the ones that a new house begins with."""
    sold = _on_sale(session, mode)
    if not sold:
        return list(FIRST_PLANS)
    named = {wish.kind: wish for wish in FIRST_PLANS}
    return [
        replace(named[kind], price=plan.price, days=plan.days, trial_days=plan.trial_days)
        for kind, plan in sold.items()
    ]


def _on_sale(session: Session, mode: Mode) -> dict[PlanKind, Plan]:
    return {plan.kind: plan for plan in session.scalars(select(Plan).where(Plan.mode == mode, Plan.active))}


def set_up_plans(billing: BillingContext, wishes: Iterable[PlanWish]) -> list[SetupStep]:
    """Have exactly these plans on sale, each with its price at Stripe; what is so already is kept."""
    priced = [(wish, _ensure_price(billing, wish)) for wish in wishes]

    def put_on_sale(session: Session) -> list[SetupStep]:
        on_sale, done = _on_sale(session, billing.mode), []
        for wish, price in priced:
            did = _settle_plan(session, billing.mode, on_sale.pop(wish.kind, None), wish, price)
            done.append(SetupStep(f"plan {wish.kind}", did))
        for plan in on_sale.values():
            plan.active = False
            done.append(SetupStep(f"plan {plan.kind}", "retired"))
        return done

    made = [SetupStep(f"price {price.id}", price.did, wish.price.shown("en")) for wish, price in priced]
    return made + billing.database.write(put_on_sale)


def make_first_plans(billing: BillingContext) -> None:
    """Give an installation that sells nothing the plans that a new house begins with."""
    with billing.database.reading() as session:
        begun = session.scalar(select(Plan.id).where(Plan.mode == billing.mode).limit(1)) is not None
    if not begun:
        set_up_plans(billing, FIRST_PLANS)


def learn_products(billing: BillingContext) -> int:
    """Ask Stripe which product each plan is that lacks it, as those of earlier versions do; return how many it told.

    Raise PaymentsUnavailableError.
    """
    lacking = select(Plan.stripe_price_id).where(Plan.mode == billing.mode, Plan.stripe_product_id.is_(None))
    with billing.database.reading() as session:
        prices = session.scalars(lacking).all()
    learned = {}
    for price_id in prices:
        with suppress(MissingAtStripeError):
            learned[price_id] = get_product_of_price(billing.gateway, price_id)

    def note(session: Session) -> None:
        for plan in session.scalars(select(Plan).where(Plan.stripe_price_id.in_(learned))):
            plan.stripe_product_id = learned[plan.stripe_price_id]

    if learned:
        billing.database.write(note)
    return len(learned)


def _settle_plan(session: Session, mode: Mode, sold: Plan | None, wish: PlanWish, price: SavedPrice) -> str:
    if sold is not None and (sold.stripe_price_id, sold.days) == (price.id, wish.days):
        did = "kept" if sold.trial_days == wish.trial_days else "changed"
        sold.trial_days, sold.stripe_product_id = wish.trial_days, price.product_id
        return did
    if sold is not None:
        sold.active = False
        session.flush()
    again = session.scalar(select(Plan).where(Plan.stripe_price_id == price.id))
    plan = again if again is not None and again.days == wish.days else Plan(mode=mode, code=wish.kind, kind=wish.kind)
    plan.stripe_price_id, plan.stripe_product_id = price.id, price.product_id
    plan.days, plan.trial_days, plan.active = wish.days, wish.trial_days, True
    plan.amount, plan.currency = wish.price.minor_units, wish.price.currency
    session.add(plan)
    session.flush()
    return "changed" if sold is not None else "made"


def _ensure_price(billing: BillingContext, wish: PlanWish) -> SavedPrice:
    """Return a wish's price at Stripe, made where there is none yet."""
    lookup_key = f"paidspan-{wish.kind}" if wish.days is None else f"paidspan-{wish.kind}-{wish.days}"
    return save_price(billing.gateway, lookup_key, wish.price, _INTERVALS.get(wish.kind), wish.name)


def endpoint_url(billing: BillingContext) -> str:
    """Return where Stripe shall send its events."""
    return f"{billing.base_url}/webhooks/stripe"


def set_up_endpoint(billing: BillingContext) -> SetupStep:
    """Have Stripe send its events to us; the secret of a new endpoint is said once, for the settings."""
    url = endpoint_url(billing)
    if billing.mode is Mode.SANDBOX:
        return SetupStep(url, "kept", "the sandbox delivers here by itself")
    if not url.startswith("https://"):
        return SetupStep(url, "left out", "Stripe only sends to https; set PAIDSPAN_BASE_URL, then run this again")
    ours = [endpoint for endpoint in list_endpoints(billing.gateway) if endpoint.url == url]
    if not ours:
        secret = make_endpoint(billing.gateway, url, EVENTS)
        return SetupStep(url, "made", f"put this into the settings: PAIDSPAN_STRIPE_WEBHOOK_SECRET={secret}")
    present = next((endpoint for endpoint in ours if endpoint.enabled), ours[0])
    missing = present.misses(EVENTS)
    if present.enabled and not missing:
        return SetupStep(url, "kept")
    mend_endpoint(billing.gateway, present, EVENTS)
    return SetupStep(url, "changed", f"{len(missing)} more kinds of events" if missing else "switched on again")


def set_up_portal(billing: BillingContext) -> SetupStep:
    """Have a portal in which readers change their card, switch between the plans on sale, cancel, and find receipts."""
    with billing.database.reading() as session:
        renewing = select(Plan.stripe_price_id).where(Plan.mode == billing.mode, Plan.active, Plan.kind.in_(_INTERVALS))
        prices = session.scalars(renewing.order_by(Plan.kind)).all()
    portal_id, made = save_portal(
        billing.gateway, [(get_product_of_price(billing.gateway, price), price) for price in prices]
    )
    return SetupStep(f"portal {portal_id}", "made" if made else "kept")

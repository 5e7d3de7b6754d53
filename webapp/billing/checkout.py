"""From “buy” to Stripe's checkout: one open purchase at a time, found again on a double click."""

from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.duplicate_subscriptions import live_subscriptions
from webapp.billing.gateway.client import MissingAtStripeError, OpenedSession
from webapp.billing.grants import get_customer, list_grants_of
from webapp.billing.models import GrantSource, Plan, PlanKind, Purchase, PurchaseState
from webapp.billing.plans import had_subscription, price_of
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import StripeCustomer
from webapp.billing.sync import sync
from webapp.kit import clock, randomness
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.money import Money
from webapp.kit.translatable import _

_OVERTAKEN = (
    _("Another order was started at the same moment."),
    _("Nothing was charged by this one. Go on with the other, or choose again."),
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, and in which language Stripe shall speak."""

    reader_id: int
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is bought, and where its reader goes afterwards (`landing`, a path of ours)."""

    plan: str
    document_id: int | None
    document_title: str
    landing: str


def start_checkout(billing: BillingContext, buyer: Buyer, order: Order) -> str:
    """Return the address where the reader pays.

    An open purchase of the same thing is taken up again. Killed anywhere in between, the next try finds the same
    purchase and, by its id as idempotency key, the same session. Raise ConflictError when a subscription runs
    already, NotFoundError when the plan or document is not on sale, PaymentsUnavailableError.
    """
    _look_again(billing, buyer)
    try:
        return _open_session(billing, buyer, order)
    except MissingAtStripeError as missing:
        if missing.param != "customer":
            _refuse_what_stripe_lacks(billing, missing)
    _forget_customer(billing, buyer)
    return _open_session(billing, buyer, order)


def _look_again(billing: BillingContext, buyer: Buyer) -> None:
    """Ask Stripe what became of what the reader has begun or holds: paid by now, ended, or its customer gone."""
    with billing.database.reading() as session:
        begun = session.scalars(_open_purchases(billing, buyer).where(Purchase.session_id.is_not(None))).all()
        held = live_subscriptions(session, buyer.reader_id, billing.mode)
        customer = get_customer(session, buyer.reader_id, billing.mode) if begun or held else None
    for purchase in begun:
        sync(billing, "checkout.session", str(purchase.session_id))
    for subscription in held:
        sync(billing, "subscription", subscription.id)
    if customer:
        sync(billing, "customer", customer.id)


def _open_session(billing: BillingContext, buyer: Buyer, order: Order) -> str:
    for session_id in billing.database.write(lambda session: _superseded(session, billing, buyer, order)):
        if billing.gateway.expire_session(session_id):
            billing.database.write(partial(_expire, session_id=session_id))
        else:
            sync(billing, "checkout.session", session_id)  # it was paid in this very moment
    purchase, plan = billing.database.write(lambda session: _open_purchase(session, billing, buyer, order))
    if purchase.session_url:
        return purchase.session_url
    customer_id = purchase.customer_id or _customer_for(billing, buyer, purchase)
    opened = billing.gateway.create_session(purchase, plan, customer_id, billing.base_url)
    kept = billing.database.write(lambda session: _keep_session(session, purchase.id, opened))
    if kept.state is PurchaseState.EXPIRED:  # while Stripe answered, another tab has begun something else instead
        billing.gateway.expire_session(opened.id)
        raise ConflictError(*_OVERTAKEN)
    return opened.url


def _expire(session: Session, session_id: str) -> None:
    unpaid = update(Purchase).where(Purchase.session_id == session_id, Purchase.state == PurchaseState.OPEN)
    session.execute(unpaid.values(state=PurchaseState.EXPIRED))


def _keep_session(session: Session, purchase_id: str, opened: OpenedSession) -> Purchase:
    kept = session.get_one(Purchase, purchase_id)
    kept.session_id, kept.session_url, kept.session_expires_at = opened.id, opened.url, opened.expires_at
    return kept


def _refuse_what_stripe_lacks(billing: BillingContext, missing: MissingAtStripeError) -> NoReturn:
    """Tell the publisher that a price is gone, and the reader that nothing was sold."""
    about = str(missing)[:255]
    billing.database.write(lambda session: alert_publisher(session, billing.mode, AlertCode.PRICE_GONE, about))
    raise ConflictError(
        _("This cannot be sold right now."),
        _("Nothing was charged. The publisher has been told; please try again later."),
    ) from missing


def _forget_customer(billing: BillingContext, buyer: Buyer) -> None:
    """Let go of a customer that Stripe does not have, and of the purchases that were begun for them.

    Asked about first: what a deleted customer bought ends with them, and later nobody would know whom to ask about.
    """
    with billing.database.reading() as session:
        customer = get_customer(session, buyer.reader_id, billing.mode)
    if customer is not None:
        sync(billing, "customer", customer.id)

    def forget(session: Session) -> None:
        customer = get_customer(session, buyer.reader_id, billing.mode)
        if customer is not None:
            session.delete(customer)
        for purchase in session.scalars(_open_purchases(billing, buyer)):
            purchase.state = PurchaseState.EXPIRED

    billing.database.write(forget)


def _open_purchases(billing: BillingContext, buyer: Buyer) -> Select[Purchase]:
    begun = select(Purchase).where(Purchase.reader_id == buyer.reader_id, Purchase.mode == billing.mode)
    return begun.where(Purchase.state == PurchaseState.OPEN)


def _open_purchase(
    session: Session, billing: BillingContext, buyer: Buyer, order: Order
) -> tuple[Purchase, Plan | None]:
    """Return the purchase to pay, one that was begun before or a new one, and its plan."""
    kind, plan, price = _terms_of(session, billing, order)
    _refuse_what_is_held(session, billing, buyer.reader_id, kind, order.document_id)
    found = _same_open(session, billing, buyer, kind, plan, order.document_id)
    if found is not None:
        found.landing = order.landing
        return found, plan
    purchase = Purchase(
        id=randomness.uuid(),
        reader_id=buyer.reader_id,
        kind=kind,
        recurring=kind.recurring,
        plan_id=plan.id if plan else None,
        document_id=order.document_id if kind is PlanKind.DOCUMENT else None,
        title=order.document_title if kind is PlanKind.DOCUMENT else "",
        days=plan.days if plan else None,
        amount=price.minor_units,
        currency=price.currency,
        mode=billing.mode,
        trial_days=_trial_days(session, billing, buyer, plan),
        state=PurchaseState.OPEN,
        landing=order.landing,
        locale=buyer.locale,
        created_at=clock.now(),
    )
    session.add(purchase)
    try:
        session.flush()
    except IntegrityError as overtaken:  # there is one open subscription already: another tab's, begun just now
        raise ConflictError(*_OVERTAKEN) from overtaken
    return purchase, plan


def _trial_days(session: Session, billing: BillingContext, buyer: Buyer, plan: Plan | None) -> int:
    """Return how long the plan is free at first: once for each reader."""
    if plan is None or not plan.kind.recurring:
        return 0
    return 0 if had_subscription(session, buyer.reader_id, billing.mode) else plan.trial_days


def _terms_of(session: Session, billing: BillingContext, order: Order) -> tuple[PlanKind, Plan | None, Money]:
    if order.plan == PlanKind.DOCUMENT:
        price = price_of(session, order.document_id) if order.document_id else None
        if price is None:
            raise NotFoundError(_("This document is not sold by itself."))
        return PlanKind.DOCUMENT, None, price
    plan = session.scalar(select(Plan).where(Plan.mode == billing.mode, Plan.code == order.plan, Plan.active))
    if plan is None:
        raise NotFoundError(_("This plan is not on sale."))
    return plan.kind, plan, plan.price


def _refuse_what_is_held(
    session: Session, billing: BillingContext, reader_id: int, kind: PlanKind, document_id: int | None
) -> None:
    """Raise ConflictError for a second subscription, and for a document that was bought already."""
    if kind.recurring and live_subscriptions(session, reader_id, billing.mode):
        raise ConflictError(
            _("You already have a subscription."), _("It is on your account page; you can change it there.")
        )
    if kind is PlanKind.DOCUMENT and any(
        grant.source is GrantSource.DOCUMENT and not grant.revoked
        for grant in list_grants_of(session, reader_id, billing.mode, document_id)
    ):
        raise ConflictError(_("You have already bought this document."), _("Open its page to read it in full."))


def _superseded(session: Session, billing: BillingContext, buyer: Buyer, order: Order) -> list[str]:
    """Return the open sessions that this order replaces: another subscription, price or customer, a time that is over.

    A purchase that never had a session is closed at once: nobody can have paid it.
    """
    kind, plan, price = _terms_of(session, billing, order)
    customer = get_customer(session, buyer.reader_id, billing.mode)
    replaced = []
    for purchase in session.scalars(_open_purchases(billing, buyer)):
        over = purchase.session_expires_at is not None and purchase.session_expires_at <= clock.now()
        same_plan = purchase.plan_id == (plan.id if plan else None)
        other = kind.recurring and purchase.recurring and not same_plan
        same_thing = purchase.kind is kind and same_plan and purchase.document_id in {None, order.document_id}
        orphan = purchase.customer_id is not None and (customer is None or purchase.customer_id != customer.id)
        if not (over or other or orphan or (same_thing and purchase.price != price)):
            continue
        if purchase.session_id is None:
            purchase.state = PurchaseState.EXPIRED
        else:
            replaced.append(purchase.session_id)
    return replaced


def _same_open(
    session: Session, billing: BillingContext, buyer: Buyer, kind: PlanKind, plan: Plan | None, document_id: int | None
) -> Purchase | None:
    same = Purchase.plan_id == plan.id if plan else Purchase.document_id == document_id
    lasting = or_(Purchase.session_expires_at.is_(None), Purchase.session_expires_at > clock.now())
    return session.scalar(_open_purchases(billing, buyer).where(Purchase.kind == kind, same, lasting))


def _customer_for(billing: BillingContext, buyer: Buyer, purchase: Purchase) -> str:
    """Return who the reader is at Stripe, made where they are nobody yet, and note it on the purchase.

    Noted before Stripe is asked for the session: the same purchase then always asks for the same.
    """
    with billing.database.reading() as session:
        present = get_customer(session, buyer.reader_id, billing.mode)
    customer_id = (
        present.id
        if present
        else billing.gateway.create_customer(buyer.reader_id, buyer.email, f"customer-{purchase.id}")
    )

    def note(session: Session) -> str:
        present = get_customer(session, buyer.reader_id, billing.mode)  # another tab may have been faster
        if present is None:
            present = StripeCustomer(id=customer_id, reader_id=buyer.reader_id, mode=billing.mode)
            session.add(present)
        session.get_one(Purchase, purchase.id).customer_id = present.id
        return present.id

    return billing.database.write(note)


def get_purchase_of_session(session: Session, session_id: str, reader_id: int) -> Purchase | None:
    """Return a reader's own purchase by its Checkout session; somebody else's is not there."""
    return session.scalar(select(Purchase).where(Purchase.session_id == session_id, Purchase.reader_id == reader_id))


def get_purchase(session: Session, purchase_id: str, reader_id: int) -> Purchase | None:
    """Return a reader's own purchase by its id."""
    return session.scalar(select(Purchase).where(Purchase.id == purchase_id, Purchase.reader_id == reader_id))

"""From “buy” to Stripe's checkout: one open purchase at a time, found again on a double click."""

from functools import partial
from typing import NoReturn

from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.gateway.client import MissingAtStripeError, OpenedSession, StripeRefusedError
from webapp.billing.models import Plan, PlanKind, Purchase, PurchaseState
from webapp.billing.order_terms import Buyer, Order, refuse_what_is_held, terms_of, trial_days
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.purchases import purchase_opens
from webapp.billing.reader_customers import find_customer, list_customers_of
from webapp.billing.session_attempts import ask_for_customer, ask_for_session
from webapp.billing.stored_targets import live_subscriptions
from webapp.billing.stripe_models import StripeCustomer
from webapp.billing.sync import sync
from webapp.kit import clock, randomness
from webapp.kit.errors import ConflictError, PaymentsUnavailableError
from webapp.kit.instance_identity import is_resting
from webapp.kit.translatable import _

_OVERTAKEN = (
    _("Another order was started at the same moment."),
    _("Nothing was charged by this one. Go on with the other, or choose again."),
)


def start_checkout(billing: BillingContext, buyer: Buyer, order: Order) -> str:
    """Return the address where the reader pays, or where they see that they have paid already.

    An open purchase of the same thing is taken up again. Killed anywhere in between, the next try finds the same
    purchase and, by its idempotency key, the same session. Raise ConflictError when a subscription runs already,
    NotFoundError when the plan or document is not on sale, PaymentsUnavailableError, also where this rests.
    """
    if is_resting(billing.database, billing.base_url):  # the one that it is a copy of would never hear of the purchase
        raise PaymentsUnavailableError
    paid = _look_again(billing, buyer, order)
    if paid:
        return f"{billing.base_url}/checkout/return?session_id={paid}"
    try:
        return _open_session(billing, buyer, order)
    except StripeRefusedError as refusal:
        _tell_publisher(billing, AlertCode.CANNOT_SELL, refusal.said)
        raise
    except MissingAtStripeError as missing:
        if missing.param != "customer":
            _refuse_what_stripe_lacks(billing, missing)
    _forget_customer(billing, buyer, order)
    return _open_session(billing, buyer, order)


def _look_again(billing: BillingContext, buyer: Buyer, order: Order) -> str | None:
    """Ask Stripe what became of what the reader has begun or holds: paid by now, ended, or its customer gone.

    Return the session of what is ordered where that turns out to be paid, though nobody told us.
    """
    with billing.database.reading() as session:
        begun = session.scalars(_open_purchases(billing, buyer).where(Purchase.session_id.is_not(None))).all()
        held = live_subscriptions(session, buyer.reader_id, billing.mode)
        customers = list_customers_of(session, buyer.reader_id, billing.mode) if begun or held else []
    for purchase in begun:
        sync(billing, "checkout.session", str(purchase.session_id))
    for subscription in held:
        sync(billing, "subscription", subscription.id)
    for customer_id in customers:
        sync(billing, "customer", customer_id)
    with billing.database.reading() as session:
        now = session.scalars(select(Purchase).where(Purchase.id.in_([purchase.id for purchase in begun]))).all()
        same = (one for one in now if one.state is PurchaseState.COMPLETE and order.is_for(one))
        return next((one.session_id for one in same if purchase_opens(session, one)), None)


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
    opened = ask_for_session(billing, purchase, plan, customer_id)
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
    _tell_publisher(billing, AlertCode.PRICE_GONE, str(missing))
    raise ConflictError(
        _("This cannot be sold right now."),
        _("Nothing was charged. The publisher has been told; please try again later."),
    ) from missing


def _tell_publisher(billing: BillingContext, code: AlertCode, about: str) -> None:
    billing.database.write(lambda session: alert_publisher(session, billing.mode, code, about[:255]))


def _forget_customer(billing: BillingContext, buyer: Buyer, order: Order) -> None:
    """Let go of a customer that Stripe does not have, and of the purchases that were begun for them.

    Asked about first: what a deleted customer bought ends with them, and later nobody would know whom to ask about.
    """
    with billing.database.reading() as session:
        _kind, _plan, price = terms_of(session, billing.mode, order)
        customer = find_customer(session, buyer.reader_id, billing.mode, price.currency)
    if customer is None:
        return
    sync(billing, "customer", customer.id)

    def forget(session: Session) -> None:
        session.get_one(StripeCustomer, customer.id).retired_at = clock.now()
        for purchase in session.scalars(_open_purchases(billing, buyer)):
            if purchase.customer_id in {None, customer.id}:
                purchase.state = PurchaseState.EXPIRED

    billing.database.write(forget)


def _open_purchases(billing: BillingContext, buyer: Buyer) -> Select[Purchase]:
    begun = select(Purchase).where(Purchase.reader_id == buyer.reader_id, Purchase.mode == billing.mode)
    return begun.where(Purchase.state == PurchaseState.OPEN)


def _open_purchase(
    session: Session, billing: BillingContext, buyer: Buyer, order: Order
) -> tuple[Purchase, Plan | None]:
    """Return the purchase to pay, one that was begun before or a new one, and its plan."""
    kind, plan, price = terms_of(session, billing.mode, order)
    refuse_what_is_held(session, billing.mode, buyer.reader_id, kind, order.document_id)
    found = _same_open(session, billing, buyer, kind, plan, order.document_id)
    if found is not None:
        found.landing, found.warned = order.landing, found.warned or order.warned
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
        asked_amount=price.minor_units,
        currency=price.currency,
        mode=billing.mode,
        trial_days=trial_days(session, billing.mode, buyer.reader_id, plan),
        warned=order.warned,
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


def _superseded(session: Session, billing: BillingContext, buyer: Buyer, order: Order) -> list[str]:
    """Return the open sessions that this order replaces: another subscription, price or customer, a time that is over.

    A purchase that never had a session is closed at once: nobody can have paid it.
    """
    kind, plan, price = terms_of(session, billing.mode, order)
    customers = list_customers_of(session, buyer.reader_id, billing.mode)
    replaced = []
    for purchase in session.scalars(_open_purchases(billing, buyer)):
        over = purchase.session_expires_at is not None and purchase.session_expires_at <= clock.now()
        same_plan = purchase.plan_id == (plan.id if plan else None)
        other = kind.recurring and purchase.recurring and not same_plan
        same_thing = purchase.kind is kind and same_plan and purchase.document_id in {None, order.document_id}
        orphan = purchase.customer_id is not None and purchase.customer_id not in customers
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
    """Return who the reader is at Stripe in a currency, made where they are nobody yet, and note it on the purchase.

    Noted before Stripe is asked for the session: the same purchase then always asks for the same.
    """
    with billing.database.reading() as session:
        present = find_customer(session, buyer.reader_id, billing.mode, purchase.currency)
    if present is not None and not present.currency:  # of before we kept it: Stripe knows whether it is bound to one
        sync(billing, "customer", present.id)
        with billing.database.reading() as session:
            present = find_customer(session, buyer.reader_id, billing.mode, purchase.currency)
    customer_id = present.id if present else ask_for_customer(billing, buyer, purchase)

    def note(session: Session) -> str:
        held = find_customer(session, buyer.reader_id, billing.mode, purchase.currency)  # another tab may be faster
        if held is None:
            held = StripeCustomer(id=customer_id, reader_id=buyer.reader_id, mode=billing.mode, created_at=clock.now())
            session.add(held)
        held.currency = held.currency or purchase.currency
        session.get_one(Purchase, purchase.id).customer_id = held.id
        return held.id

    return billing.database.write(note)

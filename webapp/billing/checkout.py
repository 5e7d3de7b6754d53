"""From “buy” to Stripe's checkout: one open purchase at a time, found again on a double click."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.billing.facts import PURCHASE_KEY
from webapp.billing.gateway import Json, OpenedSession
from webapp.billing.grants import customer_of, grants_of
from webapp.billing.models import GrantSource, Kind, Plan, Purchase, PurchaseState, StripeCustomer
from webapp.billing.plans import price_of
from webapp.billing.sync import Till
from webapp.kit import chance, clock
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.money import Money
from webapp.kit.wording import _


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


def start_checkout(till: Till, buyer: Buyer, order: Order) -> str:
    """Answers the address where the reader pays.

    An open purchase of the same thing is taken up again. Killed anywhere in between, the next try finds the same
    purchase and, by its id as idempotency key, the same session. Raises ConflictError when a subscription runs
    already, NotFoundError when the plan or document is not on sale, PaymentsUnavailableError.
    """
    with till.database.writing() as session:
        superseded = _superseded(session, buyer, order)
    for session_id in superseded:
        till.gateway.expire_session(session_id)
    with till.database.writing() as session:
        purchase, plan = _open_purchase(session, till, buyer, order, superseded)
        customer = customer_of(session, buyer.reader_id, livemode=till.gateway.livemode)
    if purchase.session_url:
        return purchase.session_url
    customer_id = customer.id if customer else _new_customer(till, buyer, purchase)
    params = _session_params(purchase, till.base_url, _line_item(purchase, plan, order), customer_id)
    opened = till.gateway.create_session(params, purchase.id)  # type: ignore[arg-type]  # checked in tests/contract
    with till.database.writing() as session:
        _keep_session(session.get_one(Purchase, purchase.id), opened)
    return opened.url


def _open_purchase(
    session: Session, till: Till, buyer: Buyer, order: Order, superseded: list[str]
) -> tuple[Purchase, Plan | None]:
    kind, plan, price = _terms_of(session, order)
    _refuse_what_is_held(session, buyer.reader_id, kind, order.document_id)
    for session_id in superseded:
        old = session.scalar(select(Purchase).where(Purchase.session_id == session_id))
        if old is not None and old.state is PurchaseState.OPEN:
            old.state = PurchaseState.EXPIRED
    session.flush()
    found = _same_open(session, buyer, kind, plan, order.document_id)
    if found is not None:
        found.landing = order.landing
        return found, plan
    purchase = Purchase(
        id=chance.uuid(),
        reader_id=buyer.reader_id,
        kind=kind,
        recurring=kind.recurring,
        plan_id=plan.id if plan else None,
        document_id=order.document_id if kind is Kind.DOCUMENT else None,
        amount=price.minor_units,
        currency=price.currency,
        livemode=till.gateway.livemode,
        state=PurchaseState.OPEN,
        landing=order.landing,
        locale=buyer.locale,
        created_at=clock.now(),
    )
    session.add(purchase)
    session.flush()
    return purchase, plan


def _terms_of(session: Session, order: Order) -> tuple[Kind, Plan | None, Money]:
    if order.plan == Kind.DOCUMENT:
        price = price_of(session, order.document_id) if order.document_id else None
        if price is None:
            raise NotFoundError(_("This document is not sold by itself."))
        return Kind.DOCUMENT, None, price
    plan = session.scalar(select(Plan).where(Plan.code == order.plan, Plan.active))
    if plan is None:
        raise NotFoundError(_("This plan is not on sale."))
    return plan.kind, plan, plan.price


def _refuse_what_is_held(session: Session, reader_id: int, kind: Kind, document_id: int | None) -> None:
    """Raises ConflictError for a second subscription, and for a document that was bought already."""
    now = clock.now()
    running = [
        grant
        for grant in grants_of(session, reader_id)
        if not grant.revoked and (grant.ends_at is None or grant.ends_at > now)
    ]
    if kind.recurring and any(grant.source is GrantSource.SUBSCRIPTION for grant in running):
        raise ConflictError(
            _("You have a subscription already."), _("It is on your account page; you can change it there.")
        )
    owned = {grant.document_id for grant in running if grant.source is GrantSource.DOCUMENT}
    if kind is Kind.DOCUMENT and document_id in owned:
        raise ConflictError(_("You have bought this document already."), _("Open its page to read it in full."))


def _superseded(session: Session, buyer: Buyer, order: Order) -> list[str]:
    """Answers the open sessions that this order replaces: another subscription, another price, a time that is over."""
    kind, plan, price = _terms_of(session, order)
    open_ones = session.scalars(
        select(Purchase).where(Purchase.reader_id == buyer.reader_id, Purchase.state == PurchaseState.OPEN)
    )
    replaced = []
    for purchase in open_ones:
        over = purchase.session_expires_at is not None and purchase.session_expires_at <= clock.now()
        same_plan = purchase.plan_id == (plan.id if plan else None)
        other = kind.recurring and purchase.recurring and not same_plan
        same_thing = purchase.kind is kind and same_plan and purchase.document_id in {None, order.document_id}
        if not (over or other or (same_thing and purchase.price != price)):
            continue
        if purchase.session_id is None:
            purchase.state = PurchaseState.EXPIRED  # it never had a session that could be paid
        else:
            replaced.append(purchase.session_id)
    return replaced


def _same_open(
    session: Session, buyer: Buyer, kind: Kind, plan: Plan | None, document_id: int | None
) -> Purchase | None:
    return session.scalar(
        select(Purchase).where(
            Purchase.reader_id == buyer.reader_id,
            Purchase.state == PurchaseState.OPEN,
            Purchase.kind == kind,
            Purchase.plan_id == plan.id if plan else Purchase.document_id == document_id,
            or_(Purchase.session_expires_at.is_(None), Purchase.session_expires_at > clock.now()),
        )
    )


def _new_customer(till: Till, buyer: Buyer, purchase: Purchase) -> str:
    customer_id = till.gateway.create_customer(buyer.reader_id, buyer.email, f"customer-{purchase.id}")
    with till.database.writing() as session:
        present = customer_of(session, buyer.reader_id, livemode=till.gateway.livemode)
        if present is not None:
            return present.id  # another tab was faster; the spare customer is never used
        session.add(StripeCustomer(id=customer_id, reader_id=buyer.reader_id, livemode=till.gateway.livemode))
    return customer_id


def _session_params(purchase: Purchase, base_url: str, line_item: Json, customer_id: str) -> Json:
    """Answers what Stripe is asked for; a function of the purchase alone, so that a repeated call is the same."""
    mark = {PURCHASE_KEY: purchase.id}
    params: Json = {
        "mode": "subscription" if purchase.recurring else "payment",
        "customer": customer_id,
        "client_reference_id": purchase.id,
        "metadata": mark,
        "line_items": [line_item],
        "success_url": f"{base_url}/checkout/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{base_url}/checkout/cancelled?purchase={purchase.id}",
        "locale": "zh" if purchase.locale == "zh-CN" else "en",
    }
    if purchase.recurring:
        return params | {"subscription_data": {"metadata": mark}}
    # WeChat Pay is offered where the account has it; it needs to know that it is asked for on a web page.
    wechat_pay = {"wechat_pay": {"client": "web"}}
    return params | {"payment_intent_data": {"metadata": mark}, "payment_method_options": wechat_pay}


def _line_item(purchase: Purchase, plan: Plan | None, order: Order) -> Json:
    if plan is not None:
        return {"price": plan.stripe_price_id, "quantity": 1}
    product = {"name": order.document_title}
    return {
        "price_data": {"currency": purchase.currency, "unit_amount": purchase.amount, "product_data": product},
        "quantity": 1,
    }


def _keep_session(purchase: Purchase, opened: OpenedSession) -> None:
    purchase.session_id = opened.id
    purchase.session_url = opened.url
    purchase.session_expires_at = datetime.fromtimestamp(opened.expires_at, UTC)


def purchase_of_session(session: Session, session_id: str, reader_id: int) -> Purchase | None:
    """Answers a reader's own purchase by its Checkout session; somebody else's is not there."""
    return session.scalar(select(Purchase).where(Purchase.session_id == session_id, Purchase.reader_id == reader_id))


def purchase_named(session: Session, purchase_id: str, reader_id: int) -> Purchase | None:
    """Answers a reader's own purchase by its id."""
    return session.scalar(select(Purchase).where(Purchase.id == purchase_id, Purchase.reader_id == reader_id))

"""The one entry point for whatever Stripe has to say: fetch what is true now, and reckon the grants from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.facts import CheckoutFacts, SubscriptionFacts, read_checkout, read_subscription
from webapp.billing.gateway import Gateway, Json, MissingAtStripeError
from webapp.billing.grants import rebuild_grants
from webapp.billing.models import (
    CommandKind,
    Plan,
    Purchase,
    PurchaseState,
    Revoked,
    RootType,
    StripeCommand,
    StripeCustomer,
    StripeEvent,
    StripeObject,
)
from webapp.billing.roots import Root, fetch_bundle, find_root
from webapp.kit import chance, clock
from webapp.kit.database import Database

T = TypeVar("T")
LIVE = {"active", "trialing", "past_due", "unpaid", "paused"}


@dataclass(frozen=True, slots=True)
class Till:
    """What the rules about Stripe need: `grace` is how long a late payer still reads, `base_url` where we are."""

    database: Database
    gateway: Gateway
    grace: timedelta
    base_url: str


def sync(till: Till, object_type: str, object_id: str, event_id: str | None = None) -> None:
    """Brings what we hold of an object's root to Stripe's present truth, and the reader's grants with it.

    Owns its transactions: the ticket must be committed before Stripe is asked, and nothing may be open while it
    answers. Callers end theirs before and read again after. Raises PaymentsUnavailableError, and the ticket stays
    wanted, so that `drain` asks again.
    """
    root = _or_none(lambda: find_root(till.gateway, object_type, object_id))
    if root is None:
        with till.database.writing() as session:
            _mark_processed(session, event_id)
        return
    ticket = _take_ticket(till.database, root)
    bundle = _or_none(lambda: fetch_bundle(till.gateway, root))
    with till.database.writing() as session:
        _apply(session, till, root, ticket, bundle)
        _mark_processed(session, event_id)


def _or_none(ask: Callable[[], T | None]) -> T | None:
    """Answers what Stripe says, None where it has no such object: then there is nothing to reckon with."""
    try:
        return ask()
    except MissingAtStripeError:
        return None


def behind(session: Session, most: int = 100) -> list[Root]:
    """Answers the roots that were asked for and not applied yet: the retry queue."""
    rows = session.scalars(select(StripeObject).where(StripeObject.wanted > StripeObject.applied).limit(most))
    return [Root(row.type, row.id) for row in rows]


def _take_ticket(database: Database, root: Root) -> int:
    with database.writing() as session:
        row = session.get(StripeObject, root.id) or StripeObject(id=root.id, type=root.type, wanted=0, applied=0)
        session.add(row)
        row.wanted += 1
        return row.wanted


def _apply(session: Session, till: Till, root: Root, ticket: int, bundle: Json | None) -> None:
    row = session.get_one(StripeObject, root.id, with_for_update=True)
    if ticket <= row.applied:
        return  # somebody asked Stripe after us and was here before us
    row.applied = ticket
    row.fetched_at = clock.now()
    reader_id = _owner(session, till, root, bundle) if bundle else None
    if bundle is None or reader_id is None:
        return  # another product, account or mode: the ticket is done with, nothing is kept
    _lock_customer(session, bundle)
    row.bundle, row.reader_id = bundle, reader_id
    rebuild_grants(session, reader_id, till.grace)


def _owner(session: Session, till: Till, root: Root, bundle: Json) -> int | None:
    """Answers whose root this is, and notes on the purchase how far it came."""
    if root.type is RootType.CUSTOMER:
        return _customer_owner(session, root.id, deleted=bool(bundle["customer"].get("deleted")))
    if root.type is RootType.SUBSCRIPTION:
        return _subscription_owner(session, till, read_subscription(bundle))
    return _checkout_owner(session, till, bundle, read_checkout(bundle))


def _customer_owner(session: Session, customer_id: str, *, deleted: bool) -> int | None:
    customer = session.get(StripeCustomer, customer_id)
    if customer is None:
        known = session.get_one(StripeObject, customer_id)
        return known.reader_id
    if deleted:
        session.delete(customer)  # the next checkout makes a new one
    return customer.reader_id


def _subscription_owner(session: Session, till: Till, facts: SubscriptionFacts) -> int | None:
    purchase = _ours(session, till, facts.purchase_id)
    if purchase is None or not _priced_by_us(session, facts.price_id):
        return None
    purchase.subscription_id = facts.id
    purchase.state = PurchaseState.COMPLETE
    if facts.last_payment.refunded_at and facts.status in LIVE:
        order(session, CommandKind.CANCEL_SUBSCRIPTION, facts.id, Revoked.REFUNDED)
    return purchase.reader_id


def _checkout_owner(session: Session, till: Till, bundle: Json, facts: CheckoutFacts) -> int | None:
    purchase = _ours(session, till, facts.purchase_id)
    if purchase is None:
        return None
    purchase.session_id = facts.id
    purchase.payment_intent_id = facts.payment_intent_id
    purchase.state = PurchaseState(facts.status)
    if facts.status == PurchaseState.COMPLETE:
        # A promotion code may have made it cheaper: what was paid is what is kept.
        purchase.amount, purchase.currency = bundle["session"]["amount_total"], bundle["session"]["currency"]
    return purchase.reader_id


def _ours(session: Session, till: Till, purchase_id: str | None) -> Purchase | None:
    purchase = session.get(Purchase, purchase_id) if purchase_id else None
    return purchase if purchase is not None and purchase.livemode == till.gateway.livemode else None


def _priced_by_us(session: Session, price_id: str) -> bool:
    return session.scalar(select(Plan.id).where(Plan.stripe_price_id == price_id)) is not None


def _lock_customer(session: Session, bundle: Json) -> None:
    """Has two syncs about one reader's different roots reckon one after the other."""
    root = bundle.get("subscription") or bundle.get("session") or {}
    customer_id = root.get("customer") or (bundle.get("customer") or {}).get("id")
    if customer_id:
        session.get(StripeCustomer, customer_id, with_for_update=True)


def order(session: Session, kind: CommandKind, target_id: str, reason: str) -> None:
    """Writes down what Stripe shall do, once; it is carried out after this transaction."""
    known = select(StripeCommand.id).where(StripeCommand.kind == kind, StripeCommand.target_id == target_id)
    if session.scalar(known) is None:
        session.add(
            StripeCommand(id=chance.uuid(), kind=kind, target_id=target_id, reason=reason, created_at=clock.now())
        )


def _mark_processed(session: Session, event_id: str | None) -> None:
    event = session.get(StripeEvent, event_id) if event_id else None
    if event is not None:
        event.processed_at = event.processed_at or clock.now()
        event.last_error = ""

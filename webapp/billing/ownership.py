"""Whose a target is: found by our own mark on it and by nothing else, and noted on the purchase it belongs to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import CheckoutFacts, CustomerFacts, SubscriptionFacts, TargetFacts
from webapp.billing.models import Plan, Purchase, PurchaseState
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.settings import Mode


def find_owner(session: Session, mode: Mode, facts: TargetFacts) -> int | None:
    """Return the reader a target belongs to, and note on the purchase how far it came; None for what is not ours."""
    match facts:
        case CustomerFacts():
            return _owner_of_customer(session, facts)
        case SubscriptionFacts():
            return _owner_of_subscription(session, mode, facts)
        case CheckoutFacts():
            return _owner_of_checkout(session, mode, facts)


def _owner_of_customer(session: Session, facts: CustomerFacts) -> int | None:
    customer = session.get(StripeCustomer, facts.customer_id)
    if customer is None:
        return session.get_one(StripeObject, facts.customer_id).reader_id
    if facts.deleted:
        session.delete(customer)  # the next checkout makes a new one
    return customer.reader_id


def _owner_of_subscription(session: Session, mode: Mode, facts: SubscriptionFacts) -> int | None:
    purchase = _ours(session, mode, facts.purchase_id)
    if purchase is None or not purchase.recurring or not _priced_by_us(session, mode, facts):
        return None
    purchase.subscription_id = facts.id
    purchase.state = PurchaseState.COMPLETE
    begun = session.get(StripeObject, purchase.session_id) if purchase.session_id else None
    if begun is not None:
        begun.unsettled = False  # the session has become this subscription; nobody need look at it again
    return purchase.reader_id


def _owner_of_checkout(session: Session, mode: Mode, facts: CheckoutFacts) -> int | None:
    purchase = _ours(session, mode, facts.purchase_id)
    if purchase is None:
        return None
    purchase.session_id = facts.id
    purchase.payment_intent_id = facts.payment_intent_id
    if facts.status != PurchaseState.OPEN or purchase.state is not PurchaseState.EXPIRED:
        purchase.state = PurchaseState(facts.status)  # what we gave up does not open again, only its payment counts
    if facts.status == PurchaseState.COMPLETE:
        # A promotion code may have made it cheaper: what was paid is what is kept.
        purchase.amount, purchase.currency = facts.price.minor_units, facts.price.currency
    return purchase.reader_id


def _ours(session: Session, mode: Mode, purchase_id: str | None) -> Purchase | None:
    purchase = session.get(Purchase, purchase_id) if purchase_id else None
    return purchase if purchase is not None and purchase.mode is mode else None


def _priced_by_us(session: Session, mode: Mode, facts: SubscriptionFacts) -> bool:
    ours = select(Plan.id).where(Plan.mode == mode, Plan.stripe_price_id.in_(facts.price_ids))
    return session.scalar(ours.limit(1)) is not None

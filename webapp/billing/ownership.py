"""Whose a target is, noted on the purchase it belongs to.

A payment is ours when it is in the session that we opened, or bears our mark and its reader's customer; a subscription
when it is one of our products and its customer ours. What a buyer can type (`client_reference_id`) counts for nothing.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import CheckoutFacts, CustomerFacts, SubscriptionFacts, TargetFacts
from webapp.billing.models import Purchase, PurchaseState
from webapp.billing.plans import get_price_ids, get_sold_products
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.settings import Mode


def find_owner(session: Session, mode: Mode, facts: TargetFacts) -> int | None:
    """Return the reader a target belongs to, and note on the purchase how far it came; None for what is not ours."""
    match facts:
        case CustomerFacts():
            return _owner_of_customer(session, facts)
        case SubscriptionFacts():
            return _owner_of_subscription(session, mode, facts)
        case _:
            return _owner_of_checkout(session, mode, facts)


def _owner_of_customer(session: Session, facts: CustomerFacts) -> int | None:
    customer = session.get(StripeCustomer, facts.customer_id)
    if customer is None:
        return None
    if facts.deleted:
        customer.retired_at = customer.retired_at or clock.now()  # the next checkout makes a new one
    elif facts.currency not in {"", customer.currency} and customer.retired_at is None:
        bind_to_currency(session, customer, facts.currency)
    return customer.reader_id


def bind_to_currency(session: Session, customer: StripeCustomer, currency: str) -> None:
    """Note in which currency a customer buys; where its reader has another for that, this one is let go of."""
    same = StripeCustomer.reader_id == customer.reader_id, StripeCustomer.mode == customer.mode
    held = select(StripeCustomer.id).where(*same, StripeCustomer.currency == currency)
    taken = session.scalar(held.where(StripeCustomer.retired_at.is_(None), StripeCustomer.id != customer.id))
    if taken is None:
        customer.currency = currency
    else:
        customer.retired_at = clock.now()
    session.flush()


def _owner_of_subscription(session: Session, mode: Mode, facts: SubscriptionFacts) -> int | None:
    customer, sold = session.get(StripeCustomer, facts.customer_id), get_sold_products(session, mode)
    if customer is None or customer.mode is not mode or not any(sold.includes(item.ref) for item in facts.items):
        return None
    purchase = session.get(Purchase, facts.purchase_id) if facts.purchase_id else None
    if purchase is not None and purchase.recurring and purchase.reader_id == customer.reader_id:
        _note_subscription(session, purchase, facts.id)
    return customer.reader_id


def _note_subscription(session: Session, purchase: Purchase, subscription_id: str) -> None:
    if purchase.subscription_id is None:
        purchase.subscription_id, purchase.state = subscription_id, PurchaseState.COMPLETE
    begun = session.get(StripeObject, purchase.session_id) if purchase.session_id else None
    if begun is not None:
        begun.unsettled = False  # the session has become this subscription; nobody need look at it again


def _owner_of_checkout(session: Session, mode: Mode, facts: CheckoutFacts) -> int | None:
    named = Purchase.session_id == facts.id, Purchase.id == (facts.purchase_id or "")
    purchases = session.scalars(select(Purchase).where(Purchase.mode == mode, or_(*named))).all()
    customer = session.get(StripeCustomer, facts.customer_id) if facts.customer_id else None
    purchase = match_purchase(purchases, facts, customer.reader_id if customer else None)
    if purchase is None:
        if facts.typed_reference and session.get(Purchase, facts.typed_reference) is not None:
            alert_publisher(session, mode, AlertCode.TYPED_REFERENCE, facts.id)
        return None
    if not is_as_ordered(purchase, facts, get_price_ids(session)):
        alert_publisher(session, mode, AlertCode.NOT_AS_ORDERED, facts.id)
    elif purchase.session_id in {None, facts.id}:
        _note_checkout(purchase, facts)
    return purchase.reader_id


def match_purchase(purchases: Iterable[Purchase], facts: CheckoutFacts, customer_of: int | None) -> Purchase | None:
    """Return which of some purchases a session pays for; `customer_of` is the reader whose customer paid."""
    marked = None
    for purchase in purchases:
        if purchase.session_id == facts.id:
            return purchase
        if purchase.id == facts.purchase_id and purchase.reader_id == customer_of:
            marked = purchase
    return marked


def is_as_ordered(purchase: Purchase, facts: CheckoutFacts, price_ids: Mapping[int, str]) -> bool:
    """Return whether a session asked for what a purchase did; `price_ids` are those of all plans, by the plan's id.

    A subscription is judged by its own items instead. What was not kept in earlier versions is not compared.
    """
    if purchase.recurring:
        return True
    if purchase.asked_amount is not None and facts.subtotal != Money(purchase.asked_amount, purchase.currency):
        return False
    if not facts.lines:
        return True
    line, *more = facts.lines
    if more or line.quantity != 1 or line.subtotal != facts.subtotal.minor_units:
        return False
    return purchase.plan_id is None or line.price_id == price_ids[purchase.plan_id]


def _note_checkout(purchase: Purchase, facts: CheckoutFacts) -> None:
    purchase.session_id = facts.id
    purchase.payment_intent_id = facts.payment_intent_id
    known = facts.status in set(PurchaseState)
    if known and (facts.status != PurchaseState.OPEN or purchase.state is not PurchaseState.EXPIRED):
        purchase.state = PurchaseState(facts.status)  # what we gave up does not open again, only its payment counts
    if facts.status == PurchaseState.COMPLETE:
        # A promotion code may have made it cheaper: what was paid is what is kept.
        purchase.amount, purchase.currency = facts.price.minor_units, facts.price.currency

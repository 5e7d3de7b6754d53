"""What Stripe last said of everything that is a reader's, and which purchases were paid by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import LIVE, RUNNING, CheckoutFacts, SubscriptionFacts, TargetFacts
from webapp.billing.gateway.json_parser import parse_facts
from webapp.billing.gateway.personal_fields import without_person
from webapp.billing.grant_terms import is_paid
from webapp.billing.models import Purchase
from webapp.billing.ownership import is_as_ordered, match_purchase
from webapp.billing.plans import get_price_ids
from webapp.billing.stripe_models import StripeCustomer, StripeObject
from webapp.settings import Mode

# Written once, since they are asked whenever Stripe has something to say of a reader.
_STORED = (
    select(StripeObject.type, StripeObject.bundle, StripeObject.disowned_at, StripeObject.unreachable_since)
    .where(StripeObject.reader_id == bindparam("reader"), StripeObject.mode == bindparam("mode"))
    .order_by(StripeObject.id)
)
_PURCHASES = select(Purchase).where(Purchase.reader_id == bindparam("reader"))
_CUSTOMERS = select(StripeCustomer.id).where(StripeCustomer.reader_id == bindparam("reader"))


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A target as Stripe last described it; `disowned_at`: since when it is no longer ours."""

    facts: TargetFacts
    disowned_at: datetime | None
    unreachable: bool


@dataclass(frozen=True, slots=True)
class PaidCheckout:
    """A one-time payment that has arrived, for what was ordered, and the purchase it paid for."""

    purchase: Purchase
    facts: CheckoutFacts
    target: StoredTarget


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that is or was a reader's at Stripe, and which of it is a one-time payment for what was ordered."""

    reader_id: int
    mode: Mode
    stored: list[StoredTarget]
    paid: list[PaidCheckout]

    @property
    def subscriptions(self) -> list[SubscriptionFacts]:
        """Return the reader's subscriptions, ended ones too."""
        ours = (target.facts for target in self.stored if target.disowned_at is None)
        return [facts for facts in ours if isinstance(facts, SubscriptionFacts)]


def read_holdings(session: Session, reader_id: int, mode: Mode) -> Holdings:
    """Return what grants, receipts and refunds of a reader are reckoned from."""
    stored = read_stored_targets(session, reader_id, mode)
    return Holdings(reader_id, mode, stored, find_paid_checkouts(session, reader_id, stored))


def read_stored_targets(session: Session, reader_id: int, mode: Mode) -> list[StoredTarget]:
    """Return all targets that are or were a reader's."""
    held = session.execute(_STORED, {"reader": reader_id, "mode": mode})
    return [
        StoredTarget(parse_facts(type_, raw), disowned_at, unreachable_since is not None)
        for type_, raw, disowned_at, unreachable_since in held
        if raw is not None
    ]


def read_stored_facts(session: Session, reader_id: int, mode: Mode) -> list[TargetFacts]:
    """Return what Stripe last said of everything that is a reader's now."""
    return [target.facts for target in read_stored_targets(session, reader_id, mode) if target.disowned_at is None]


def read_subscriptions(session: Session, reader_id: int, mode: Mode) -> list[SubscriptionFacts]:
    """Return a reader's subscriptions, ended ones too."""
    return [one for one in read_stored_facts(session, reader_id, mode) if isinstance(one, SubscriptionFacts)]


def live_subscriptions(session: Session, reader_id: int, mode: Mode) -> list[SubscriptionFacts]:
    """Return a reader's subscriptions that have not ended, the best first."""
    return best_live(read_subscriptions(session, reader_id, mode))


def forget_person(session: Session, reader_id: int) -> None:
    """Take names and addresses out of all that is kept of what Stripe said of a reader."""
    for row in session.scalars(select(StripeObject).where(StripeObject.reader_id == reader_id)):
        row.bundle, row.upcoming = without_person(row.bundle), None


def get_subscription(session: Session, subscription_id: str) -> SubscriptionFacts | None:
    """Return a subscription as Stripe last described it; None for one that is not, or not any more, a reader's."""
    row = session.get(StripeObject, subscription_id)
    if row is None or row.bundle is None or row.reader_id is None or row.disowned_at is not None:
        return None
    facts = parse_facts(row.type, row.bundle)
    return facts if isinstance(facts, SubscriptionFacts) else None


def best_live(held: Iterable[SubscriptionFacts]) -> list[SubscriptionFacts]:
    """Return the subscriptions that have not ended, the best first: running ones, then the oldest."""
    live = [facts for facts in held if facts.status in LIVE]
    return sorted(live, key=lambda facts: (facts.status not in RUNNING, facts.started_at, facts.id))


def find_paid_checkouts(session: Session, reader_id: int, stored: Iterable[StoredTarget]) -> list[PaidCheckout]:
    """Return a reader's one-time payments that have arrived and are for what was ordered, the earliest first."""
    checkouts = [(one, one.facts) for one in stored if isinstance(one.facts, CheckoutFacts) and is_paid(one.facts)]
    if not checkouts:
        return []
    purchases = session.scalars(_PURCHASES, {"reader": reader_id}).all()
    customers, price_ids = set(session.scalars(_CUSTOMERS, {"reader": reader_id})), get_price_ids(session)
    paid = []
    for target, facts in sorted(checkouts, key=lambda one: (one[1].paid_at, one[1].id)):
        purchase = match_purchase(purchases, facts, reader_id if facts.customer_id in customers else None)
        if purchase is not None and not purchase.recurring and is_as_ordered(purchase, facts, price_ids):
            paid.append(PaidCheckout(purchase, facts, target))
    return paid

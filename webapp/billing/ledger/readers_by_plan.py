"""What readers hold now, by plan: subscriptions as they stand, passes, documents, and what was given for nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.billing.ledger.ledger_models import PaymentStanding, SubscriptionStanding
from webapp.billing.models import Grant, GrantSource, PlanKind
from webapp.kit.money import Money
from webapp.settings import Mode

_SHOWN = (
    PaymentStanding.PAYING,
    PaymentStanding.FAILING,
    PaymentStanding.TRIAL,
    PaymentStanding.PAUSED,
    PaymentStanding.UNPAID,
    PaymentStanding.UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class SubscribersOfPlan:
    """How many subscriptions of a plan stand in one way, and what they bring each month."""

    kind: PlanKind
    plan: str
    currency: str
    standing: PaymentStanding
    number: int
    monthly: int

    @property
    def each_month(self) -> Money:
        """What they bring each month."""
        return Money(self.monthly, self.currency)


@dataclass(frozen=True, slots=True)
class HeldBesides:
    """How many passes, single documents and complimentary grants are open."""

    passes: int
    documents: int
    complimentary: int


def count_subscribers(session: Session, mode: Mode, currencies: Sequence[str]) -> list[SubscribersOfPlan]:
    """Return the subscriptions that have not ended, by plan and how they stand."""
    now = SubscriptionStanding
    alike = (now.kind, now.plan, now.currency, now.standing)
    query = select(*alike, func.count(), func.sum(now.monthly)).where(now.mode == mode, now.until.is_(None))
    query = query.where(now.currency.in_(currencies), now.standing.in_(_SHOWN)).group_by(*alike)
    found = [SubscribersOfPlan(*row[:-1], int(row[-1])) for row in session.execute(query)]
    return sorted(found, key=lambda one: (one.kind, one.plan, one.currency, _SHOWN.index(one.standing)))


def count_held_besides(session: Session, mode: Mode, now: datetime) -> HeldBesides:
    """Return how many rights to read, that no subscription gives, are open."""
    return HeldBesides(
        _count(session, Grant.mode == mode, GrantSource.PASS, now),
        _count(session, Grant.mode == mode, GrantSource.DOCUMENT, now),
        _count(session, Grant.mode.is_(None), GrantSource.COMPLIMENTARY, now),
    )


def _count(session: Session, of_mode: ColumnElement[bool], source: GrantSource, now: datetime) -> int:
    open_ = select(func.count()).where(of_mode, Grant.source == source, Grant.revoked.is_(None), Grant.starts_at <= now)
    return session.scalar(open_.where(or_(Grant.ends_at.is_(None), Grant.ends_at > now))) or 0

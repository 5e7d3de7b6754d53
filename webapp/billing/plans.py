"""What is sold: the plans, the prices of single documents, and what a reader is offered."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.billing.models import DocumentPrice, Plan, PlanKind, Purchase
from webapp.kit.money import Money
from webapp.settings import Mode

ORDER = [PlanKind.YEAR, PlanKind.MONTH, PlanKind.PASS, PlanKind.DOCUMENT]


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to buy: `code` is what the checkout is asked for."""

    code: str
    kind: PlanKind
    price: Money
    days: int | None = None
    trial_days: int = 0


# Written once, since they are asked for every gate.
_ON_SALE = select(Plan).where(Plan.mode == bindparam("mode"), Plan.active)
_A_SUBSCRIPTION = (
    select(Purchase.id)
    .where(Purchase.reader_id == bindparam("reader"), Purchase.mode == bindparam("mode"))
    .where(Purchase.subscription_id.is_not(None))
    .limit(1)
)


def plans_on_sale(session: Session, mode: Mode, reader_id: int | None = None) -> list[Offer]:
    """Return the plans that can be bought, the year first; free at first only for who never subscribed."""
    plans = session.scalars(_ON_SALE, {"mode": mode}).all()
    has_trials = any(plan.trial_days for plan in plans)
    tried = has_trials and reader_id is not None and had_subscription(session, reader_id, mode)
    offers = [Offer(plan.code, plan.kind, plan.price, plan.days, 0 if tried else plan.trial_days) for plan in plans]
    return sorted(offers, key=lambda offer: ORDER.index(offer.kind))


def had_subscription(session: Session, reader_id: int, mode: Mode) -> bool:
    """Whether a reader has subscribed at any time: a trial is given once."""
    return session.scalar(_A_SUBSCRIPTION, {"reader": reader_id, "mode": mode}) is not None


def offers_for(session: Session, mode: Mode, document_id: int, reader_id: int | None = None) -> list[Offer]:
    """Return what opens a document: the plans, and the document by itself where it has a price."""
    price = price_of(session, document_id)
    alone = [Offer(PlanKind.DOCUMENT, PlanKind.DOCUMENT, price)] if price else []
    return [*plans_on_sale(session, mode, reader_id), *alone]


def kind_priced(session: Session, price_ids: Iterable[str]) -> PlanKind | None:
    """Return what kind of plan one of these prices is for, now or formerly."""
    return session.scalar(select(Plan.kind).where(Plan.stripe_price_id.in_(list(price_ids))).limit(1))


def price_of(session: Session, document_id: int) -> Money | None:
    """Return what a document costs by itself."""
    row = session.get(DocumentPrice, document_id)
    return Money(row.amount, row.currency) if row else None


def set_price(session: Session, document_id: int, price: Money) -> None:
    """Sell a document by itself at this price from now on."""
    session.merge(DocumentPrice(document_id=document_id, amount=price.minor_units, currency=price.currency))

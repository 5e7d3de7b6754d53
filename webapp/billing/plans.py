"""What is sold: the plans, the prices of single documents, and what a reader is offered."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import SubscriptionItem, TargetType
from webapp.billing.models import DocumentPrice, Plan, PlanKind
from webapp.billing.stripe_models import AdoptedProduct, StripeObject
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
_SOLD = select(Plan.stripe_product_id, Plan.stripe_price_id).where(Plan.mode == bindparam("mode"))
_ADOPTED = select(AdoptedProduct.id).where(AdoptedProduct.mode == bindparam("mode"))
_A_SUBSCRIPTION = (
    select(StripeObject.id)
    .where(StripeObject.reader_id == bindparam("reader"), StripeObject.mode == bindparam("mode"))
    .where(StripeObject.type == TargetType.SUBSCRIPTION)
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


def find_plan(session: Session, price_ids: Iterable[str | None]) -> Plan | None:
    """Return the plan that one of these prices is for, now or formerly; None for a price that we did not make."""
    return session.scalar(select(Plan).where(Plan.stripe_price_id.in_(list(price_ids))).limit(1))


def kind_of(items: Iterable[SubscriptionItem]) -> PlanKind:
    """Return the kind of plan that a subscription is, by how often it renews."""
    yearly = any(item.interval == "year" or (item.interval, item.interval_count) == ("month", 12) for item in items)
    return PlanKind.YEAR if yearly else PlanKind.MONTH


def find_plan_on_sale(session: Session, mode: Mode, code: str) -> Plan | None:
    """Return the plan that is sold under a code now."""
    return session.scalar(select(Plan).where(Plan.mode == mode, Plan.code == code, Plan.active))


def get_sold_products(session: Session, mode: Mode) -> SoldProducts:
    """Return what is sold in a mode, now or formerly, here or before there was this house."""
    rows = session.execute(_SOLD, {"mode": mode}).all()
    products = {product_id for product_id, _price_id in rows if product_id}
    adopted = frozenset(session.scalars(_ADOPTED, {"mode": mode}))
    return SoldProducts(adopted | products, frozenset(price_id for _product_id, price_id in rows), adopted)


def get_price_ids(session: Session) -> dict[int, str]:
    """Return the price of each plan, now or formerly, by the plan's id."""
    rows = session.execute(select(Plan.id, Plan.stripe_price_id))
    return {row.id: row.stripe_price_id for row in rows}


def price_of(session: Session, document_id: int) -> Money | None:
    """Return what a document costs by itself."""
    row = session.get(DocumentPrice, document_id)
    return Money(row.amount, row.currency) if row else None


def remove_price(session: Session, document_id: int) -> bool:
    """Sell a document by itself no longer; return whether it was sold. Who bought it keeps it."""
    row = session.get(DocumentPrice, document_id)
    if row is not None:
        session.delete(row)
    return row is not None


def prices_of(session: Session, document_ids: Iterable[int]) -> dict[int, Money]:
    """Return what documents cost by themselves, by id; of those that have a price."""
    rows = session.scalars(select(DocumentPrice).where(DocumentPrice.document_id.in_(list(document_ids))))
    return {row.document_id: Money(row.amount, row.currency) for row in rows}


def set_price(session: Session, document_id: int, price: Money) -> None:
    """Sell a document by itself at this price from now on."""
    session.merge(DocumentPrice(document_id=document_id, amount=price.minor_units, currency=price.currency))

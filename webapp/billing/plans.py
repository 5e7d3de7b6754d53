"""What is sold: the plans, the prices of single documents, and what a reader is offered."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.gateway import Gateway
from webapp.billing.models import DocumentPrice, Kind, Plan
from webapp.kit.database import Database
from webapp.kit.money import Money

ORDER = [Kind.YEAR, Kind.MONTH, Kind.PASS, Kind.DOCUMENT]
PASS_DAYS = 30


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to buy: `code` is what the checkout is asked for."""

    code: str
    kind: Kind
    price: Money
    days: int | None = None


@dataclass(frozen=True, slots=True)
class FirstPlan:
    """A plan that the sandbox starts with."""

    kind: Kind
    name: str
    price: Money
    interval: str | None
    days: int | None = None


FIRST_PLANS = [
    FirstPlan(Kind.YEAR, "paidspan 年度订阅 · one year", Money(19800, "cny"), "year"),
    FirstPlan(Kind.MONTH, "paidspan 月度订阅 · one month", Money(2500, "cny"), "month"),
    FirstPlan(Kind.PASS, f"paidspan {PASS_DAYS} 天通行证 · {PASS_DAYS} days", Money(3000, "cny"), None, PASS_DAYS),
]


def plans_on_sale(session: Session) -> list[Offer]:
    """Answers the plans that can be bought, the year first."""
    plans = session.scalars(select(Plan).where(Plan.active))
    offers = [Offer(plan.code, plan.kind, plan.price, plan.days) for plan in plans]
    return sorted(offers, key=lambda offer: ORDER.index(offer.kind))


def offers_for(session: Session, document_id: int) -> list[Offer]:
    """Answers what opens a document: the plans, and the document by itself where it has a price."""
    price = price_of(session, document_id)
    alone = [Offer(Kind.DOCUMENT, Kind.DOCUMENT, price)] if price else []
    return [*plans_on_sale(session), *alone]


def price_of(session: Session, document_id: int) -> Money | None:
    """Answers what a document costs by itself."""
    row = session.get(DocumentPrice, document_id)
    return Money(row.amount, row.currency) if row else None


def set_price(session: Session, document_id: int, price: Money) -> None:
    """Sells a document by itself at this price from now on."""
    session.merge(DocumentPrice(document_id=document_id, amount=price.minor_units, currency=price.currency))


def make_first_plans(database: Database, gateway: Gateway) -> None:
    """Gives an installation without plans the three that the sandbox sells."""
    with database.reading() as session:
        if session.scalar(select(Plan.id).limit(1)) is not None:
            return
    made = [
        (
            plan,
            gateway.ensure_price(
                f"paidspan-{plan.kind}", plan.name, plan.price.minor_units, plan.price.currency, plan.interval
            ),
        )
        for plan in FIRST_PLANS
    ]
    with database.writing() as session:
        if session.scalar(select(Plan.id).limit(1)) is not None:
            return
        for plan, price_id in made:
            session.add(
                Plan(
                    code=plan.kind,
                    kind=plan.kind,
                    stripe_price_id=price_id,
                    amount=plan.price.minor_units,
                    currency=plan.price.currency,
                    days=plan.days,
                )
            )

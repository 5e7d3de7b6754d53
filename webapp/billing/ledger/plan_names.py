"""For which plan something was paid, by the plan's code; "" for a price that is no plan of ours."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import InvoiceFacts, SubscriptionFacts
from webapp.billing.models import Plan, PlanKind, Purchase, Receipt
from webapp.billing.plans import find_plan, kind_of


class PlanName(NamedTuple):
    """What kind of thing was sold, and the code of its plan."""

    kind: PlanKind
    code: str


def name_plan(
    session: Session, facts: SubscriptionFacts, sold: SoldProducts, bill: InvoiceFacts | None = None
) -> PlanName:
    """Return the plan that a subscription is for now, or that one of its bills was for."""
    if bill is not None:
        prices = [line.ref.price_id for line in bill.lines if line.amount >= 0]
    else:
        prices = [item.ref.price_id for item in facts.items if sold.includes(item.ref)]
    plan = find_plan(session, prices)
    return PlanName(plan.kind, plan.code) if plan else PlanName(kind_of(facts.items), "")


def name_plan_of_receipt(session: Session, receipt: Receipt) -> PlanName:
    """Return the plan that a receipt is for, as far as that is known without its bill.

    A subscription may have been switched to another plan since it was ordered: then it is the one plan of its kind.
    """
    purchase = session.get(Purchase, receipt.purchase_id) if receipt.purchase_id else None
    plan = session.get(Plan, purchase.plan_id) if purchase and purchase.plan_id else None
    if plan is not None and plan.kind is receipt.kind:
        return PlanName(plan.kind, plan.code)
    if receipt.kind is PlanKind.DOCUMENT:
        return PlanName(receipt.kind, PlanKind.DOCUMENT)
    of_kind = select(Plan.code).where(Plan.mode == receipt.mode, Plan.kind == receipt.kind)
    codes = set(session.scalars(of_kind))
    return PlanName(receipt.kind, codes.pop() if len(codes) == 1 else "")

"""What was paid twice: the later payment is given back, and a second subscription cancelled."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import RUNNING, SubscriptionFacts
from webapp.billing.models import PlanKind, Purchase
from webapp.billing.plans import get_sold_products
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.revocation import revoke_payment, revoke_subscription
from webapp.billing.stored_targets import Holdings, PaidCheckout, best_live
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command
from webapp.settings import Mode

SECOND = "second subscription"
TWICE = "paid twice"
BESIDE = "pass beside a subscription"
_BOUGHT = select(Purchase.subscription_id)


def give_back_double_payments(session: Session, holdings: Holdings) -> None:
    """Have what a reader paid for twice given back."""
    mode, held = holdings.mode, holdings.subscriptions
    paid = [one for one in holdings.paid if not _is_revoked(one)]
    _cancel_second_subscriptions(session, mode, best_live(held))
    for later in _paid_again(paid):
        _give_back(session, mode, later, AlertCode.PAID_TWICE, TWICE)
    beside = [one for one in paid if one.purchase.kind is PlanKind.PASS and not one.purchase.warned]
    sold = get_sold_products(session, mode) if beside else SoldProducts()
    for one in beside:
        if _ran_at(held, one, sold):
            _give_back(session, mode, one, AlertCode.BESIDE_SUBSCRIPTION, BESIDE)


def _cancel_second_subscriptions(session: Session, mode: Mode, live: list[SubscriptionFacts]) -> None:
    """Have every subscription but the best cancelled, and what a later one cost given back.

    Both must be our checkout's: one made by hand or brought along is left alone, and the publisher is told.
    """
    bought = set(session.scalars(_BOUGHT.where(Purchase.subscription_id.in_([facts.id for facts in live]))))
    for rival in live[1:]:
        alert_publisher(session, mode, AlertCode.SECOND_SUBSCRIPTION, rival.id)
        if not {rival.id, live[0].id} <= bought:
            continue
        enqueue_command(session, mode, CommandKind.CANCEL_SUBSCRIPTION, rival.id, SECOND)
        if rival.started_at >= live[0].started_at:
            for invoice in rival.paid_invoices:
                for payment_intent in invoice.payment_intent_ids:
                    enqueue_command(session, mode, CommandKind.REFUND, payment_intent, SECOND)


def _is_revoked(one: PaidCheckout) -> bool:
    return one.target.disowned_at is not None or revoke_payment(one.facts.money_back) is not None


def _paid_again(paid: Iterable[PaidCheckout]) -> list[PaidCheckout]:
    """Return payments of a document that was paid for before, and second payments of one order."""
    seen: set[str | int | None] = set()
    again = []
    for one in paid:
        thing = one.purchase.document_id if one.purchase.kind is PlanKind.DOCUMENT else one.purchase.id
        if thing in seen:
            again.append(one)
        seen.add(thing)
    return again


def _ran_at(held: Iterable[SubscriptionFacts], paid: PaidCheckout, sold: SoldProducts) -> bool:
    """Return whether a subscription that opens everything ran when a pass was paid, and still does."""
    return any(
        facts.status in RUNNING and revoke_subscription(facts, sold) is None and facts.started_at < paid.facts.paid_at
        for facts in held
    )


def _give_back(session: Session, mode: Mode, paid: PaidCheckout, code: AlertCode, reason: str) -> None:
    if paid.facts.payment_intent_id:
        enqueue_command(session, mode, CommandKind.REFUND, paid.facts.payment_intent_id, reason)
        alert_publisher(session, mode, code, paid.facts.payment_intent_id)

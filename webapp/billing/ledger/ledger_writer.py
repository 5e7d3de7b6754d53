"""Enters what Stripe says of a target into the ledger, in the transaction that applies it; twice is as good as once."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import CheckoutFacts, SubscriptionFacts, TargetFacts
from webapp.billing.ledger.dated_standings import Look
from webapp.billing.ledger.ledger_models import LedgerEntry, SubscriptionStanding
from webapp.billing.ledger.ledger_state import Ledger, open_ledger
from webapp.billing.ledger.payments_writer import (
    enter_payments,
    enter_refunds,
    enter_saved,
    enter_withdrawals,
    find_saved_bills,
)
from webapp.billing.ledger.plan_names import name_plan
from webapp.billing.ledger.standings_writer import enter_movements, enter_standings
from webapp.billing.models import Receipt
from webapp.billing.plans import get_sold_products
from webapp.billing.stripe_models import StripeEvent, StripeObject


def enter_target(ledger: Ledger, row: StripeObject, facts: TargetFacts, look: Look, *, came_back: bool = False) -> None:
    """Enter what a target that is a reader's has paid, and how it stands; `came_back`: it was not ours for a while."""
    row.in_ledger = True
    if isinstance(facts, SubscriptionFacts) and row.reader_id is not None:
        known, present = enter_standings(ledger, row.reader_id, facts, look, came_back=came_back)
        sold = get_sold_products(ledger.session, ledger.mode)
        enter_payments(ledger, {bill.id: name_plan(ledger.session, facts, sold, bill) for bill in facts.paid_invoices})
        paid_by = {intent: bill.id for bill in facts.invoices for intent in bill.payment_intent_ids}
        enter_refunds(ledger, paid_by, facts.refunds)
        enter_withdrawals(ledger, paid_by, facts.withdrawals)
        enter_saved(ledger, row.reader_id, find_saved_bills(facts, sold, known), present)
    elif isinstance(facts, CheckoutFacts):
        enter_payments(ledger, {facts.id: None})
        paid_by = {facts.payment_intent_id: facts.id} if facts.payment_intent_id else {}
        enter_refunds(ledger, paid_by, facts.money_back.refunds)
        enter_withdrawals(ledger, paid_by, facts.money_back.withdrawals)


def enter_receipts(ledger: Ledger, receipts: Iterable[Receipt]) -> None:
    """Enter payments that were kept before there was a ledger."""
    enter_payments(ledger, {receipt.source_id: None for receipt in receipts})


def move_ledger(session: Session, giver: int, taker: int) -> None:
    """Have what one reader (by id) paid be another's, who may have paid before."""
    held = SubscriptionStanding.reader_id == giver
    kinds = session.execute(select(SubscriptionStanding.mode, SubscriptionStanding.currency).where(held).distinct())
    moved = [(mode, currency) for mode, currency in kinds]
    for table in (SubscriptionStanding, LedgerEntry):
        session.execute(update(table).where(table.reader_id == giver).values(reader_id=taker))
    session.expire_all()
    for mode, currency in moved:
        enter_movements(open_ledger(session, mode), taker, currency)


def moments_of(session: Session, event_ids: Collection[str]) -> list[datetime]:
    """Return when events about a subscription itself came about at Stripe."""
    named = select(StripeEvent.happened_at).where(StripeEvent.id.in_(event_ids))
    told = session.scalars(named.where(StripeEvent.object_type == "subscription")) if event_ids else ()
    return sorted(moment for moment in told if moment is not None)

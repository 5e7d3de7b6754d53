"""Enters what was paid, what went back of it, and which bills were saved after a charge for them had failed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import InvoiceFacts, Refund, SubscriptionFacts
from webapp.billing.gateway.reductions import Withdrawal
from webapp.billing.ledger.dated_standings import DatedStanding
from webapp.billing.ledger.ledger_entries import EntryTerms, find_entries, settle_entries
from webapp.billing.ledger.ledger_models import LedgerEntry, MoneyFigure, PaymentStanding, SubscriptionStanding
from webapp.billing.ledger.ledger_state import Ledger
from webapp.billing.ledger.plan_names import PlanName, name_plan_of_receipt
from webapp.billing.ledger.recurring_price import billed_price
from webapp.billing.models import Receipt


def enter_payments(ledger: Ledger, names: Mapping[str, PlanName | None]) -> None:
    """Enter the payments of receipts, by their bill or session; what a receipt says was paid never changes."""
    known = {entry.source_id for entry in find_entries(ledger.session, MoneyFigure.PAYMENT, names)}
    missing = [source_id for source_id in names if source_id not in known]
    receipts = ledger.session.scalars(select(Receipt).where(Receipt.source_id.in_(missing))).all() if missing else []
    settle_entries(ledger, (), [_payment(ledger.session, one, names[one.source_id]) for one in receipts])


def _payment(session: Session, receipt: Receipt, name: PlanName | None) -> EntryTerms:
    named = name or name_plan_of_receipt(session, receipt)
    return EntryTerms(
        figure=MoneyFigure.PAYMENT,
        source_id=receipt.source_id,
        reader_id=receipt.reader_id,
        at=receipt.paid_at,
        kind=named.kind,
        plan=named.code,
        currency=receipt.currency,
        amount=receipt.amount,
        subject=receipt.source_id,
        tax=receipt.tax,
    )


def enter_refunds(ledger: Ledger, paid_by: dict[str, str], refunds: Iterable[Refund]) -> None:
    """Enter what arrived back; one that failed after all is taken out again.

    `paid_by`: the bills or sessions of some payment intents; of others the receipts tell it.
    """
    by_id = {refund.id: refund for refund in refunds}
    payments = _payments_by_intent(ledger, paid_by, [one.payment_intent_id for one in by_id.values()])
    ours = [one for one in by_id.values() if one.payment_intent_id in payments]
    wanted = [
        _of_payment(payments[one.payment_intent_id], MoneyFigure.REFUND, one.id, -one.arrived, one.created_at)
        for one in ours
        if one.arrived
    ]
    present = find_entries(ledger.session, MoneyFigure.REFUND, [one.id for one in ours])
    settle_entries(ledger, present, wanted)


def enter_withdrawals(ledger: Ledger, paid_by: dict[str, str], withdrawals: Iterable[Withdrawal]) -> None:
    """Enter what banks took for disputes, and what they brought back."""
    moved = list(withdrawals)
    payments = _payments_by_intent(ledger, paid_by, [one.payment_intent_id for one in moved])
    wanted = [
        _of_payment(
            payments[one.payment_intent_id],
            MoneyFigure.DISPUTE if one.amount > 0 else MoneyFigure.WON_BACK,
            one.id,
            -one.amount,
            one.at,
        )
        for one in moved
        if one.payment_intent_id in payments
    ]
    present = [
        entry
        for figure in (MoneyFigure.DISPUTE, MoneyFigure.WON_BACK)
        for entry in find_entries(ledger.session, figure, [one.source_id for one in wanted])
    ]
    settle_entries(ledger, present, wanted)


def _payments_by_intent(ledger: Ledger, paid_by: dict[str, str], intents: Iterable[str]) -> dict[str, LedgerEntry]:
    """Return the payments that were entered, by payment intent: of the bills at hand, else of the receipts."""
    wanted = set(intents)
    others = wanted - paid_by.keys()
    kept = select(Receipt.payment_intent_id, Receipt.source_id).where(Receipt.payment_intent_id.in_(others))
    known = {intent: source_id for intent, source_id in paid_by.items() if intent in wanted}
    if others:
        known |= {str(intent): source_id for intent, source_id in ledger.session.execute(kept)}
    entered = {one.source_id: one for one in find_entries(ledger.session, MoneyFigure.PAYMENT, known.values())}
    return {intent: entered[source_id] for intent, source_id in known.items() if source_id in entered}


def _of_payment(paid: LedgerEntry, figure: MoneyFigure, source_id: str, amount: int, at: datetime) -> EntryTerms:
    """Return an entry about a payment: for the same plan, of the same reader."""
    return EntryTerms(
        figure=figure,
        source_id=source_id,
        reader_id=paid.reader_id,
        at=at,
        kind=paid.kind,
        plan=paid.plan,
        currency=paid.currency,
        amount=amount,
        subject=paid.subject,
    )


def find_saved_bills(
    facts: SubscriptionFacts, sold: SoldProducts, known: DatedStanding | None
) -> Iterator[InvoiceFacts]:
    """Yield bills that were paid after a charge for them had failed."""
    paid = [bill for bill in facts.invoices if bill.status == "paid" and billed_price(bill, sold)]
    for bill in paid:
        was_failing = known is not None and known.standing in {PaymentStanding.FAILING, PaymentStanding.UNPAID}
        if bill.attempts > 1 or (was_failing and known and bill.paid_at > known.since and bill.due_at < bill.paid_at):
            yield bill


def enter_saved(
    ledger: Ledger, reader_id: int, bills: Iterable[InvoiceFacts], standing: SubscriptionStanding | None
) -> None:
    """Enter bills that were saved, at what their subscription brings each month; each once."""
    saved = {bill.id: bill for bill in bills}
    known = {entry.source_id for entry in find_entries(ledger.session, MoneyFigure.SAVED, saved)}
    wanted = [
        EntryTerms(
            figure=MoneyFigure.SAVED,
            source_id=id_,
            reader_id=reader_id,
            at=bill.paid_at,
            kind=standing.kind,
            plan=standing.plan,
            currency=standing.currency,
            amount=standing.monthly,
            subject=id_,
        )
        for id_, bill in saved.items()
        if standing is not None and id_ not in known
    ]
    settle_entries(ledger, (), wanted)

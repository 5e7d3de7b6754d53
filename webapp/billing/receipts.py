"""Receipts: every payment that arrived, as it was paid then, and what went back of it since."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import CheckoutFacts, InvoiceFacts, Refund, SubscriptionFacts, TaxFacts
from webapp.billing.models import PlanKind, Purchase, Receipt
from webapp.billing.plans import find_plan, kind_of
from webapp.kit.money import Money
from webapp.settings import Mode


@dataclass(frozen=True, slots=True)
class ReceiptChanges:
    """What was heard of payments: receipts that are new, oldest first, and those of which more was given back."""

    new: tuple[Receipt, ...]
    refunded: tuple[Receipt, ...]


def record_checkout(session: Session, purchase: Purchase | None, facts: CheckoutFacts) -> ReceiptChanges:
    """Keep the receipt of a one-time payment for what was ordered, and what was given back of it."""
    made = []
    if purchase is not None and facts.price.minor_units > 0:
        receipt = _receipt(facts.id, purchase.mode, purchase.reader_id, purchase.kind, facts.price, facts.tax)
        receipt.purchase_id, receipt.document_id = purchase.id, purchase.document_id
        receipt.title, receipt.days = purchase.title, purchase.days
        receipt.payment_intent_id, receipt.paid_at = facts.payment_intent_id, facts.paid_at
        made = _keep_new(session, [receipt])
    return ReceiptChanges(tuple(made), tuple(_note_refunds(session, facts.money_back.refunds)))


def record_invoices(session: Session, mode: Mode, reader_id: int, facts: SubscriptionFacts) -> ReceiptChanges:
    """Keep the receipts of a subscription's paid invoices, and what was given back of them."""
    paid = sorted(facts.paid_invoices, key=lambda invoice: (invoice.paid_at, invoice.id))
    purchase = session.get(Purchase, facts.purchase_id) if facts.purchase_id else None
    receipts = [_of_invoice(session, mode, reader_id, facts, invoice) for invoice in paid]
    for receipt in receipts:
        receipt.purchase_id = purchase.id if purchase and purchase.reader_id == reader_id else None
    return ReceiptChanges(tuple(_keep_new(session, receipts)), tuple(_note_refunds(session, facts.refunds)))


def _of_invoice(
    session: Session, mode: Mode, reader_id: int, facts: SubscriptionFacts, invoice: InvoiceFacts
) -> Receipt:
    billed = [line for line in invoice.lines if line.amount >= 0]
    plan = find_plan(session, [line.ref.price_id for line in billed])  # it may have been switched since
    kind = plan.kind if plan else kind_of(facts.items)
    receipt = _receipt(invoice.id, mode, reader_id, kind, invoice.paid, invoice.tax)
    receipt.payment_intent_id = next(iter(invoice.payment_intent_ids), None)
    receipt.paid_at = invoice.paid_at
    receipt.period_starts_at = min((line.starts_at for line in invoice.lines), default=None)
    receipt.period_ends_at = max((line.ends_at for line in invoice.lines), default=None)
    return receipt


def _receipt(source_id: str, mode: Mode, reader_id: int, kind: PlanKind, paid: Money, tax: TaxFacts) -> Receipt:
    return Receipt(
        source_id=source_id,
        mode=mode,
        reader_id=reader_id,
        kind=kind,
        title="",
        amount=paid.minor_units,
        currency=paid.currency,
        tax=tax.amount.minor_units,
        company=tax.company,
        tax_ids=", ".join(tax.tax_ids),
    )


def _keep_new(session: Session, receipts: list[Receipt]) -> list[Receipt]:
    """Keep those that are not kept yet: what a receipt says was paid never changes."""
    ids = [receipt.source_id for receipt in receipts]
    known = set(session.scalars(select(Receipt.source_id).where(Receipt.source_id.in_(ids)))) if ids else set()
    new = [receipt for receipt in receipts if receipt.source_id not in known]
    session.add_all(new)
    session.flush()
    return new


def _note_refunds(session: Session, refunds: Iterable[Refund]) -> list[Receipt]:
    """Note what went back of each payment whose refunds Stripe has just told us; return where that has grown."""
    given_back: Counter[str] = Counter()
    for refund in refunds:
        given_back[refund.payment_intent_id] += refund.arrived
    if not given_back:
        return []
    grown = []
    for receipt in session.scalars(select(Receipt).where(Receipt.payment_intent_id.in_(given_back))):
        before, receipt.refunded = receipt.refunded, given_back[str(receipt.payment_intent_id)]
        if receipt.refunded > before:
            grown.append(receipt)
    return grown


def list_receipts(session: Session, reader_id: int, mode: Mode) -> list[Receipt]:
    """Return a reader's receipts, the newest first."""
    held = select(Receipt).where(Receipt.reader_id == reader_id, Receipt.mode == mode)
    return list(session.scalars(held.order_by(Receipt.paid_at.desc(), Receipt.number.desc())))


def get_receipt(session: Session, reader_id: int, mode: Mode, number: int) -> Receipt | None:
    """Return a reader's own receipt; somebody else's is not there."""
    held = select(Receipt).where(Receipt.reader_id == reader_id, Receipt.mode == mode)
    return session.scalar(held.where(Receipt.number == number))

"""Receipts: every payment that arrived, as it was paid then, and what went back of it since."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import CheckoutFacts, PaidInvoice, Refund, SubscriptionFacts
from webapp.billing.grant_terms import is_paid
from webapp.billing.models import Purchase, Receipt
from webapp.billing.plans import kind_priced
from webapp.kit.money import Money
from webapp.settings import Mode


@dataclass(frozen=True, slots=True)
class ReceiptChanges:
    """What was heard of payments: receipts that are new, oldest first, and those of which more was given back."""

    new: tuple[Receipt, ...]
    refunded: tuple[Receipt, ...]


def record_checkout(session: Session, purchase: Purchase, facts: CheckoutFacts) -> ReceiptChanges:
    """Keep the receipt of a one-time payment, and what was given back of it."""
    made = []
    if is_paid(facts) and facts.price.minor_units > 0:
        receipt = _receipt(purchase, facts.id, facts.price)
        receipt.payment_intent_id, receipt.paid_at = facts.payment_intent_id, facts.paid_at
        made = _keep_new(session, [receipt])
    return ReceiptChanges(tuple(made), tuple(_note_refunds(session, facts.money_back.refunds)))


def record_invoices(session: Session, purchase: Purchase, facts: SubscriptionFacts) -> ReceiptChanges:
    """Keep the receipts of a subscription's paid invoices, and what was given back of them."""
    paid = sorted(facts.paid_invoices, key=lambda invoice: (invoice.paid_at, invoice.id))
    made = _keep_new(session, [_of_invoice(session, purchase, invoice) for invoice in paid])
    return ReceiptChanges(tuple(made), tuple(_note_refunds(session, facts.money_back.refunds)))


def _of_invoice(session: Session, purchase: Purchase, invoice: PaidInvoice) -> Receipt:
    receipt = _receipt(purchase, invoice.id, invoice.paid)
    receipt.kind = kind_priced(session, invoice.price_ids) or purchase.kind  # the plan may have been switched since
    receipt.payment_intent_id, receipt.paid_at = invoice.payment_intent_id, invoice.paid_at
    receipt.period_starts_at, receipt.period_ends_at = invoice.period_starts_at, invoice.period_ends_at
    return receipt


def _receipt(purchase: Purchase, source_id: str, paid: Money) -> Receipt:
    return Receipt(
        source_id=source_id,
        mode=purchase.mode,
        reader_id=purchase.reader_id,
        purchase_id=purchase.id,
        kind=purchase.kind,
        document_id=purchase.document_id,
        title=purchase.title,
        days=purchase.days,
        amount=paid.minor_units,
        currency=paid.currency,
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

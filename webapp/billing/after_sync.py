"""What follows from what Stripe says besides grants: receipts, mails, alerts, and what we ask Stripe to do."""

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.duplicate_subscriptions import refund_duplicates
from webapp.billing.emails import email_about_subscription, email_receipts, email_refunds
from webapp.billing.gateway.facts import LIVE, CheckoutFacts, MoneyBack, SubscriptionFacts, TargetFacts
from webapp.billing.models import Purchase, Revoked
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.receipts import ReceiptChanges, record_checkout, record_invoices
from webapp.billing.revocation import KNOWN
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command


def apply_side_effects(session: Session, facts: TargetFacts) -> None:
    """Draw all of them, in the transaction that applies the facts; each happens once, however often it is heard of."""
    if isinstance(facts, SubscriptionFacts):
        _of_subscription(session, facts)
    elif isinstance(facts, CheckoutFacts):
        purchase = session.get_one(Purchase, facts.purchase_id)
        if not purchase.recurring:  # a subscription's payments are its invoices'
            _of_payments(session, purchase, record_checkout(session, purchase, facts), facts.money_back)


def _of_subscription(session: Session, facts: SubscriptionFacts) -> None:
    purchase = session.get_one(Purchase, facts.purchase_id)
    received = record_invoices(session, purchase, facts)
    _of_payments(session, purchase, received, facts.money_back)
    _warn_of(session, purchase, facts, received)
    if facts.money_back.refunded_at and facts.status in LIVE:  # else it would renew
        enqueue_command(session, purchase.mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, Revoked.REFUNDED)
    refund_duplicates(session, purchase.reader_id, purchase.mode)
    email_about_subscription(session, _reader(session, purchase), purchase, facts)


def _of_payments(session: Session, purchase: Purchase, received: ReceiptChanges, back: MoneyBack) -> None:
    for dispute_id in back.dispute_ids:
        alert_publisher(session, purchase.mode, AlertCode.DISPUTE, dispute_id)
    reader = _reader(session, purchase)
    email_receipts(session, reader, purchase, received.new)
    email_refunds(session, reader, purchase, received.refunded)


def _warn_of(session: Session, purchase: Purchase, facts: SubscriptionFacts, received: ReceiptChanges) -> None:
    if facts.status not in KNOWN:
        alert_publisher(session, purchase.mode, AlertCode.UNKNOWN_STATUS, facts.id)
    for receipt in received.new:
        if facts.ended_at and receipt.paid_at > facts.ended_at:
            alert_publisher(session, purchase.mode, AlertCode.PAID_AFTER_END, receipt.source_id)


def _reader(session: Session, purchase: Purchase) -> Reader:
    return session.get_one(Reader, purchase.reader_id)

"""What follows from Stripe's news besides grants: receipts, mails, alerts, and what we ask Stripe to do."""

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.duplicate_subscriptions import refund_duplicates
from webapp.billing.emails import email_about_subscription, email_receipts, email_refunds
from webapp.billing.grant_terms import KNOWN, LIVE
from webapp.billing.models import Purchase, Revoked
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.receipts import ReceiptChanges, record_checkout, record_invoices
from webapp.billing.stripe_commands import enqueue_command
from webapp.billing.stripe_facts import Json, SubscriptionFacts, read_checkout, read_subscription
from webapp.billing.stripe_models import CommandKind, TargetType
from webapp.billing.sync_targets import SyncTarget


def apply_side_effects(session: Session, root: SyncTarget, bundle: Json) -> None:
    """Draw all of them, in the transaction that applies the news; each happens once, however often it is heard."""
    if root.type is TargetType.SUBSCRIPTION:
        _of_subscription(session, bundle)
    elif root.type is TargetType.CHECKOUT:
        facts = read_checkout(bundle)
        purchase = session.get_one(Purchase, facts.purchase_id)
        if not purchase.recurring:  # a subscription's payments are its invoices'
            _of_payments(session, purchase, record_checkout(session, purchase, facts, bundle), bundle)


def _of_subscription(session: Session, bundle: Json) -> None:
    facts = read_subscription(bundle)
    purchase = session.get_one(Purchase, facts.purchase_id)
    received = record_invoices(session, purchase, bundle)
    _of_payments(session, purchase, received, bundle)
    _warn_of(session, purchase, facts, received)
    if facts.last_payment.refunded_at and facts.status in LIVE:  # else it would renew
        enqueue_command(session, purchase.mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, Revoked.REFUNDED)
    refund_duplicates(session, purchase.reader_id, purchase.mode)
    email_about_subscription(session, _reader(session, purchase), purchase, facts, bundle)


def _of_payments(session: Session, purchase: Purchase, received: ReceiptChanges, bundle: Json) -> None:
    for dispute in bundle["disputes"]:
        alert_publisher(session, purchase.mode, AlertCode.DISPUTE, dispute["id"])
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

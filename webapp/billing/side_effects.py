"""What follows from Stripe's news besides grants: receipts, mails, alerts, and what we ask Stripe to do."""

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.duplicate_subscriptions import refuse_rivals
from webapp.billing.emails import write_about_subscription, write_receipts, write_refunds
from webapp.billing.grant_terms import KNOWN, LIVE
from webapp.billing.models import Purchase, Revoked
from webapp.billing.publisher_alerts import Code, alert
from webapp.billing.receipts import Received, receive_checkout, receive_invoices
from webapp.billing.stripe_commands import order
from webapp.billing.stripe_facts import Json, SubscriptionFacts, read_checkout, read_subscription
from webapp.billing.stripe_models import CommandKind, RootType
from webapp.billing.sync_targets import Root


def draw_consequences(session: Session, root: Root, bundle: Json) -> None:
    """Draw all of them, in the transaction that applies the news; each happens once, however often it is heard."""
    if root.type is RootType.SUBSCRIPTION:
        _of_subscription(session, bundle)
    elif root.type is RootType.CHECKOUT:
        facts = read_checkout(bundle)
        purchase = session.get_one(Purchase, facts.purchase_id)
        if not purchase.recurring:  # a subscription's payments are its invoices'
            _of_payments(session, purchase, receive_checkout(session, purchase, facts, bundle), bundle)


def _of_subscription(session: Session, bundle: Json) -> None:
    facts = read_subscription(bundle)
    purchase = session.get_one(Purchase, facts.purchase_id)
    received = receive_invoices(session, purchase, bundle)
    _of_payments(session, purchase, received, bundle)
    _warn_of(session, purchase, facts, received)
    if facts.last_payment.refunded_at and facts.status in LIVE:  # else it would renew
        order(session, purchase.mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, Revoked.REFUNDED)
    refuse_rivals(session, purchase.reader_id, purchase.mode)
    write_about_subscription(session, _reader(session, purchase), purchase, facts, bundle)


def _of_payments(session: Session, purchase: Purchase, received: Received, bundle: Json) -> None:
    for dispute in bundle["disputes"]:
        alert(session, purchase.mode, Code.DISPUTE, dispute["id"])
    reader = _reader(session, purchase)
    write_receipts(session, reader, purchase, received.new)
    write_refunds(session, reader, purchase, received.refunded)


def _warn_of(session: Session, purchase: Purchase, facts: SubscriptionFacts, received: Received) -> None:
    if facts.status not in KNOWN:
        alert(session, purchase.mode, Code.UNKNOWN_STATUS, facts.id)
    for receipt in received.new:
        if facts.ended_at and receipt.paid_at > facts.ended_at:
            alert(session, purchase.mode, Code.PAID_AFTER_END, receipt.source_id)


def _reader(session: Session, purchase: Purchase) -> Reader:
    return session.get_one(Reader, purchase.reader_id)

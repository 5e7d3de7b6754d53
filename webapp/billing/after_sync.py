"""What follows from what Stripe says besides grants: receipts, mails, alerts, and what we ask Stripe to do."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.closed_accounts import undo_charges
from webapp.billing.double_payments import give_back_double_payments
from webapp.billing.emails import Recipient, email_about_subscription, email_receipts, email_refunds, find_recipient
from webapp.billing.gateway.facts import LIVE, CheckoutFacts, MoneyBack, Refund, SubscriptionFacts, TargetFacts
from webapp.billing.given_back import cancel_what_was_given_back
from webapp.billing.plans import find_plan, get_sold_products
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.receipts import ReceiptChanges, record_checkout, record_invoices
from webapp.billing.revocation import KNOWN
from webapp.billing.stored_targets import Holdings
from webapp.settings import Mode


def apply_side_effects(session: Session, holdings: Holdings, facts: TargetFacts) -> None:
    """Draw all of them, in the transaction that applies the facts; each happens once, however often it is heard of."""
    reader = session.get_one(Reader, holdings.reader_id)
    recipient = find_recipient(session, reader.id)
    if isinstance(facts, SubscriptionFacts):
        _of_subscription(session, holdings.mode, reader, recipient, facts)
    elif isinstance(facts, CheckoutFacts):
        _of_checkout(session, holdings, reader, recipient, facts)
    give_back_double_payments(session, holdings)


def _of_subscription(
    session: Session, mode: Mode, reader: Reader, recipient: Recipient, facts: SubscriptionFacts
) -> None:
    received = record_invoices(session, mode, reader.id, facts)
    _of_payments(session, mode, recipient, received, facts.refunds, facts.dispute_ids)
    _warn_of(session, mode, facts, received)
    undo_charges(session, mode, reader, facts, received.new)
    cancel_what_was_given_back(session, mode, facts)
    email_about_subscription(session, mode, reader.id, recipient, facts)


def _of_checkout(
    session: Session, holdings: Holdings, reader: Reader, recipient: Recipient, facts: CheckoutFacts
) -> None:
    purchase = next((one.purchase for one in holdings.paid if one.facts.id == facts.id), None)
    received = record_checkout(session, purchase, facts)
    undo_charges(session, holdings.mode, reader, facts, received.new)
    back: MoneyBack = facts.money_back
    _of_payments(session, holdings.mode, recipient, received, back.refunds, back.dispute_ids)


def _of_payments(
    session: Session,
    mode: Mode,
    recipient: Recipient,
    received: ReceiptChanges,
    refunds: Iterable[Refund],
    dispute_ids: Iterable[str],
) -> None:
    for dispute_id in dispute_ids:
        alert_publisher(session, mode, AlertCode.DISPUTE, dispute_id)
    for refund in refunds:
        if refund.failed:
            alert_publisher(session, mode, AlertCode.REFUND_FAILED, refund.id)
    email_receipts(session, recipient, received.new)
    email_refunds(session, recipient, received.refunded)


def _warn_of(session: Session, mode: Mode, facts: SubscriptionFacts, received: ReceiptChanges) -> None:
    if facts.status not in KNOWN:
        alert_publisher(session, mode, AlertCode.UNKNOWN_STATUS, facts.id)
    sold = get_sold_products(session, mode)
    ours = [item.ref for item in facts.items if sold.includes(item.ref)]
    plan_like = [ref.price_id for ref in ours if ref.product_id not in sold.adopted]
    if facts.status in LIVE and plan_like and find_plan(session, plan_like) is None:
        alert_publisher(session, mode, AlertCode.UNKNOWN_PRICE, facts.id)
    for receipt in received.new:
        if facts.ended_at and receipt.paid_at > facts.ended_at:
            alert_publisher(session, mode, AlertCode.PAID_AFTER_END, receipt.source_id)

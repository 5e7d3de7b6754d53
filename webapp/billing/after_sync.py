"""What follows from what Stripe says besides grants: receipts, mails, alerts, and what we ask Stripe to do."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.double_payments import give_back_double_payments
from webapp.billing.emails import Recipient, email_about_subscription, email_receipts, email_refunds
from webapp.billing.gateway.facts import LIVE, CheckoutFacts, MoneyBack, Refund, SubscriptionFacts, TargetFacts
from webapp.billing.given_back import cancel_what_was_given_back
from webapp.billing.plans import find_plan, get_sold_products
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.purchases import locale_of
from webapp.billing.receipts import ReceiptChanges, record_checkout, record_invoices
from webapp.billing.revocation import KNOWN
from webapp.billing.stored_targets import find_paid_checkouts, read_stored_targets
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command
from webapp.settings import Mode


def apply_side_effects(session: Session, mode: Mode, reader_id: int, facts: TargetFacts) -> None:
    """Draw all of them, in the transaction that applies the facts; each happens once, however often it is heard of."""
    reader = session.get_one(Reader, reader_id)
    recipient = Recipient(reader.email, locale_of(session, reader_id))
    if isinstance(facts, SubscriptionFacts):
        _of_subscription(session, mode, reader, recipient, facts)
    elif isinstance(facts, CheckoutFacts):
        _of_checkout(session, mode, reader_id, recipient, facts)
    give_back_double_payments(session, reader_id, mode)


def _of_subscription(
    session: Session, mode: Mode, reader: Reader, recipient: Recipient, facts: SubscriptionFacts
) -> None:
    received = record_invoices(session, mode, reader.id, facts)
    _of_payments(session, mode, recipient, received, facts.refunds, facts.dispute_ids)
    _warn_of(session, mode, facts, received)
    if reader.disabled_at and facts.status in LIVE:
        enqueue_command(session, mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, "account disabled")
        alert_publisher(session, mode, AlertCode.CHARGED_WHILE_DISABLED, facts.id)
    cancel_what_was_given_back(session, mode, facts)
    email_about_subscription(session, mode, reader.id, recipient, facts)


def _of_checkout(session: Session, mode: Mode, reader_id: int, recipient: Recipient, facts: CheckoutFacts) -> None:
    stored = read_stored_targets(session, reader_id, mode)
    paid = [one for one in find_paid_checkouts(session, reader_id, stored) if one.facts.id == facts.id]
    received = record_checkout(session, paid[0].purchase if paid else None, facts)
    back: MoneyBack = facts.money_back
    _of_payments(session, mode, recipient, received, back.refunds, back.dispute_ids)


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
    ours = [item.ref.price_id for item in facts.items if sold.includes(item.ref)]
    if facts.status in LIVE and find_plan(session, ours) is None:
        alert_publisher(session, mode, AlertCode.UNKNOWN_PRICE, facts.id)
    for receipt in received.new:
        if facts.ended_at and receipt.paid_at > facts.ended_at:
            alert_publisher(session, mode, AlertCode.PAID_AFTER_END, receipt.source_id)

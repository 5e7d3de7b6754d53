"""An account that is disabled is never charged again: what would charge it is ended, what was charged is given back."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.gateway.facts import ENDED, LIVE, SubscriptionFacts, TargetFacts
from webapp.billing.models import Purchase, PurchaseState, Receipt
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stored_targets import read_subscriptions
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command
from webapp.settings import Mode

DISABLED = "account disabled"


def stop_charging(session: Session, reader_id: int) -> list[str]:
    """Have a reader's subscriptions cancelled and open Checkout sessions expired, in every mode; return their ids.

    Stripe is asked after this transaction, for what belongs to another mode once its key is set.
    """
    stopped = []
    for mode in Mode:
        for facts in read_subscriptions(session, reader_id, mode):
            if facts.status not in ENDED:
                enqueue_command(session, mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, DISABLED)
                stopped.append(facts.id)
    return stopped + expire_checkouts(session, reader_id, DISABLED)


def expire_checkouts(session: Session, reader_id: int, reason: str) -> list[str]:
    """Have a reader's open Checkout sessions expired, in every mode; return their ids."""
    expired = []
    begun = select(Purchase).where(Purchase.reader_id == reader_id, Purchase.state == PurchaseState.OPEN)
    for purchase in session.scalars(begun):
        purchase.state = PurchaseState.EXPIRED
        if purchase.session_id is not None:
            enqueue_command(session, purchase.mode, CommandKind.EXPIRE_SESSION, purchase.session_id, reason)
            expired.append(purchase.session_id)
    return expired


def undo_charges(session: Session, mode: Mode, reader: Reader, facts: TargetFacts, receipts: Iterable[Receipt]) -> None:
    """Where an account is disabled, have its subscription cancelled and what it paid since given back."""
    if reader.disabled_at is None:
        return
    if isinstance(facts, SubscriptionFacts) and facts.status in LIVE:
        enqueue_command(session, mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, DISABLED)
        alert_publisher(session, mode, AlertCode.CHARGED_WHILE_DISABLED, facts.id)
    for receipt in receipts:
        if receipt.payment_intent_id and receipt.paid_at > reader.disabled_at:
            enqueue_command(session, mode, CommandKind.REFUND, receipt.payment_intent_id, DISABLED)
            alert_publisher(session, mode, AlertCode.PAID_WHILE_DISABLED, receipt.payment_intent_id)

"""What we write to readers about money: a receipt, a failed renewal, a trial that ends, a subscription that did."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.gateway.facts import SubscriptionFacts
from webapp.billing.models import Grant, Purchase, Receipt
from webapp.billing.plans import kind_priced
from webapp.kit import clock
from webapp.kit.email_queue import Email, enqueue_email

TRIAL_NOTICE = timedelta(days=3)
STALE = timedelta(days=3)  # what is heard of later than this is history, and nothing to write about
RECEIPT, REFUNDED = "receipt", "refunded"
PAYMENT_FAILED, TRIAL_ENDING, ENDED = "payment_failed", "trial_ending", "ended"


def email_receipts(session: Session, reader: Reader, purchase: Purchase, receipts: Iterable[Receipt]) -> None:
    """Write to the reader about each payment that has just arrived."""
    now = clock.now()
    for receipt in receipts:
        if now - receipt.paid_at < STALE:
            times = {"paid_at": receipt.paid_at, "period_ends_at": receipt.period_ends_at}
            enqueue_email(session, _email(RECEIPT, receipt.source_id, reader, purchase, _bought(receipt) | times), now)


def email_refunds(session: Session, reader: Reader, purchase: Purchase, receipts: Iterable[Receipt]) -> None:
    """Write to the reader about money that goes back, once for each amount it has come to."""
    for receipt in receipts:
        content = _bought(receipt) | {"given_back": receipt.given_back}
        name = f"{receipt.source_id}:{receipt.refunded}"
        enqueue_email(session, _email(REFUNDED, name, reader, purchase, content), clock.now())


def email_about_subscription(session: Session, reader: Reader, purchase: Purchase, facts: SubscriptionFacts) -> None:
    """Write to the reader about what a subscription is coming to."""
    now = clock.now()
    content: dict[str, object] = {"kind": kind_priced(session, facts.price_ids) or purchase.kind}
    for invoice in facts.open_invoices:
        if invoice.failed and facts.status == "past_due" and now - invoice.owed_since < STALE:
            owed = {"owed": invoice.owed, "reads_until": _end_of_grant(session, facts)}
            enqueue_email(session, _email(PAYMENT_FAILED, invoice.id, reader, purchase, content | owed), now)
    trial = facts.trial_ends_at if facts.status == "trialing" and not facts.cancels_at else None
    if trial and now <= trial <= now + TRIAL_NOTICE:
        ends = {"trial_ends_at": trial, "price": facts.renewal_price}
        name = f"{facts.id}:{trial:%s}"
        enqueue_email(session, _email(TRIAL_ENDING, name, reader, purchase, content | ends), now)
    if facts.status == "canceled" and facts.ended_at and now - facts.ended_at < STALE:
        enqueue_email(session, _email(ENDED, facts.id, reader, purchase, content | {"ended_at": facts.ended_at}), now)


def _bought(receipt: Receipt) -> dict[str, object]:
    shown = ("number", "kind", "title", "days", "paid")
    return {name: getattr(receipt, name) for name in shown}


def _end_of_grant(session: Session, facts: SubscriptionFacts) -> datetime | None:
    return session.scalar(select(Grant.ends_at).where(Grant.source_id == facts.id, Grant.revoked.is_(None)))


def _email(message: str, about: str, reader: Reader, purchase: Purchase, content: dict[str, object]) -> Email:
    return Email(f"{message}:{about}", message, reader.email, purchase.locale, content)

"""What we write to readers about money: a receipt, a failed renewal, a trial that ends, a subscription that did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.double_payments import SECOND
from webapp.billing.gateway.facts import SubscriptionFacts, Upcoming
from webapp.billing.models import Grant, PlanKind, Receipt
from webapp.billing.plans import find_plan, kind_of
from webapp.billing.purchases import locale_of
from webapp.billing.stored_targets import live_subscriptions
from webapp.billing.stripe_models import StripeCommand
from webapp.kit import clock
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.money import Money
from webapp.settings import Mode

TRIAL_NOTICE = timedelta(days=3)
STALE = timedelta(days=3)  # what is heard of later than this is history, and nothing to write about
RECEIPT, REFUNDED = "receipt", "refunded"
PAYMENT_FAILED, TRIAL_ENDING, ENDED = "payment_failed", "trial_ending", "ended"


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom we write, and in which language ("": the house's)."""

    email: str
    locale: str


def find_recipient(session: Session, reader_id: int) -> Recipient:
    """Return where to write to a reader: nowhere, where the account is erased."""
    reader = session.get_one(Reader, reader_id)
    return Recipient("" if reader.erased_at else reader.email, locale_of(session, reader_id))


def email_receipts(session: Session, to: Recipient, receipts: Iterable[Receipt]) -> None:
    """Write to the reader about each payment that has just arrived."""
    now = clock.now()
    for receipt in receipts:
        if now - receipt.paid_at < STALE:
            times = {"paid_at": receipt.paid_at, "period_ends_at": receipt.period_ends_at}
            enqueue_email(session, _email(RECEIPT, receipt.source_id, to, _bought(receipt) | times), now)


def email_refunds(session: Session, to: Recipient, receipts: Iterable[Receipt]) -> None:
    """Write to the reader about money that goes back, once for each amount it has come to."""
    for receipt in receipts:
        content = _bought(receipt) | {"given_back": receipt.given_back}
        name = f"{receipt.source_id}:{receipt.refunded}"
        enqueue_email(session, _email(REFUNDED, name, to, content), clock.now())


def email_about_subscription(
    session: Session, mode: Mode, reader_id: int, to: Recipient, facts: SubscriptionFacts
) -> None:
    """Write to the reader about what a subscription is coming to."""
    now = clock.now()
    content: dict[str, object] = {"kind": kind_of_subscription(session, facts)}
    for invoice in facts.invoices:
        if invoice.status == "open" and invoice.failed and facts.status == "past_due" and now - invoice.due_at < STALE:
            owed = {"owed": invoice.owed, "reads_until": _end_of_grant(session, facts)}
            confirm = {"confirm_at": invoice.page_url if invoice.needs_confirmation else ""}
            name = f"{invoice.id}:confirm" if invoice.needs_confirmation else invoice.id
            enqueue_email(session, _email(PAYMENT_FAILED, name, to, content | owed | confirm), now)
    just_ended = facts.status == "canceled" and facts.ended_at and now - facts.ended_at < STALE
    if just_ended and not _something_else_runs(session, mode, reader_id, facts):
        enqueue_email(session, _email(ENDED, facts.id, to, content | {"ended_at": facts.ended_at}), now)


def is_trial_ending(facts: SubscriptionFacts) -> bool:
    """Return whether a trial is about to become a paid subscription."""
    trial, now = facts.trial_ends_at, clock.now()
    runs = facts.status == "trialing" and facts.cancels_at is None
    return runs and trial is not None and now <= trial <= now + TRIAL_NOTICE


def email_trial_ending(session: Session, to: Recipient, facts: SubscriptionFacts, upcoming: Upcoming | None) -> None:
    """Write to the reader that a trial ends and what is charged then: what Stripe said, else the price, as such.

    Nothing is written where Stripe said that nothing will be charged.
    """
    if facts.trial_ends_at is None or (upcoming and upcoming.charge is None):
        return
    charge = upcoming.charge if upcoming else None
    content: dict[str, object] = {
        "kind": kind_of_subscription(session, facts),
        "trial_ends_at": facts.trial_ends_at,
        "price": renewal_price(facts),
        "charged": charge.amount if charge else None,
        "credit_used": charge.credit_used if charge else None,
    }
    enqueue_email(session, _email(TRIAL_ENDING, f"{facts.id}:{facts.trial_ends_at:%s}", to, content), clock.now())


def renewal_price(facts: SubscriptionFacts) -> Money:
    """Return what a subscription's items cost each time."""
    return Money(sum(item.price.minor_units for item in facts.items), facts.items[0].price.currency)


def kind_of_subscription(session: Session, facts: SubscriptionFacts) -> PlanKind:
    """Return which of our plans a subscription is, by its price or by how often it renews."""
    plan = find_plan(session, [item.ref.price_id for item in facts.items])
    return plan.kind if plan else kind_of(facts.items)


def _something_else_runs(session: Session, mode: Mode, reader_id: int, ended: SubscriptionFacts) -> bool:
    """Return whether another subscription of the reader runs, or this one was a second that we cancelled ourselves."""
    doubles = select(StripeCommand.id).where(StripeCommand.target_id == ended.id, StripeCommand.reason == SECOND)
    others = [one for one in live_subscriptions(session, reader_id, mode) if one.id != ended.id]
    return bool(others) or session.scalar(doubles.limit(1)) is not None


def _bought(receipt: Receipt) -> dict[str, object]:
    shown = ("number", "kind", "title", "days", "paid", "tax_paid", "company", "tax_ids")
    return {name: getattr(receipt, name) for name in shown}


def _end_of_grant(session: Session, facts: SubscriptionFacts) -> datetime | None:
    return session.scalar(select(Grant.ends_at).where(Grant.source_id == facts.id, Grant.revoked.is_(None)))


def _email(message: str, about: str, to: Recipient, content: dict[str, object]) -> Email:
    return Email(f"{message}:{about}", message, to.email, to.locale, content)

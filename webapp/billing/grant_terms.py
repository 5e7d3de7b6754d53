"""From Stripe's state to the terms of a grant: pure functions with a table test."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.billing.gateway.facts import ENDED, CheckoutFacts, CustomerFacts, SubscriptionFacts, TargetFacts
from webapp.billing.models import Revoked
from webapp.billing.revocation import revoke_payment, revoke_subscription

SLACK = timedelta(days=1)
PAID = {"paid", "no_payment_required"}


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """From when to when something is open, or why it is not."""

    starts_at: datetime
    ends_at: datetime | None
    revoked: Revoked | None = None


@dataclass(frozen=True, slots=True)
class PaidPass:
    """A pass that was paid for: how long it is, what became of its payment, and whether its customer was deleted."""

    source_id: str
    days: int
    facts: CheckoutFacts
    orphaned: bool = False

    @property
    def revoked(self) -> Revoked | None:
        """Why it opens nothing any more."""
        return revoke_payment(self.facts) or (Revoked.CUSTOMER_DELETED if self.orphaned else None)


def subscription_terms(facts: SubscriptionFacts, grace: timedelta) -> GrantTerms:
    """Return what a subscription opens, and until when."""
    revoked = revoke_subscription(facts)
    if revoked:
        return GrantTerms(facts.started_at, facts.ended_at, revoked)
    if facts.status == "past_due":
        overdue_since = facts.oldest_open_invoice_at or facts.period_ends_at
        return GrantTerms(facts.started_at, min(filter(None, (overdue_since + grace, facts.cancels_at))))
    return GrantTerms(facts.started_at, facts.cancels_at or facts.period_ends_at + SLACK)


def document_terms(facts: CheckoutFacts) -> GrantTerms | None:
    """Return what the payment for one document opens; None while nothing was paid."""
    if not is_paid(facts):
        return None
    return GrantTerms(facts.paid_at, None, revoke_payment(facts))


def pass_terms(passes: Iterable[PaidPass]) -> dict[str, GrantTerms]:
    """Return the terms of a reader's passes by source id: each begins where the one before it ends."""
    terms: dict[str, GrantTerms] = {}
    free_from: datetime | None = None
    for paid in sorted(passes, key=lambda one: (one.facts.paid_at, one.source_id)):
        if not is_paid(paid.facts):
            continue
        starts = max(filter(None, (paid.facts.paid_at, free_from)))
        ends = starts + timedelta(days=paid.days)
        terms[paid.source_id] = GrantTerms(starts, ends, paid.revoked)
        refunded_at = paid.facts.money_back.refunded_at
        free_from = max(filter(None, (free_from, refunded_at)), default=None) if paid.revoked else ends
    return terms


def is_paid(facts: CheckoutFacts) -> bool:
    """Whether a one-time payment has arrived; a delayed method completes first and pays later."""
    return facts.status == "complete" and facts.payment_status in PAID


def may_change(facts: TargetFacts) -> bool:
    """Whether a target may still come to something else: it runs, it waits, or there is a refund or dispute about it.

    What an ended subscription owes can still be paid.
    """
    if isinstance(facts, CustomerFacts):
        return False
    if facts.money_back.refunds or facts.money_back.dispute_ids:
        return True
    if isinstance(facts, SubscriptionFacts):
        return facts.owes or facts.status not in ENDED
    return facts.status == "open" or (facts.payment_pending and not is_paid(facts))

"""From Stripe's state to the terms of a grant: pure functions with a table test."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.billing.coverage import SoldProducts, reckon_coverage
from webapp.billing.gateway.facts import ENDED, RUNNING, CheckoutFacts, CustomerFacts, SubscriptionFacts, TargetFacts
from webapp.billing.models import Revoked
from webapp.billing.revocation import revoke_payment, revoke_subscription

SLACK = timedelta(days=1)
UNREACHABLE = timedelta(days=3)  # how long a subscriber reads on when Stripe cannot be asked whether it was renewed
PAID = {"paid", "no_payment_required"}


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """From when to when something is open, or why it is not."""

    starts_at: datetime
    ends_at: datetime | None
    revoked: Revoked | None = None


@dataclass(frozen=True, slots=True)
class PaidPass:
    """A pass that was paid for: how long it is, what became of its payment, and why it opens nothing, if so."""

    source_id: str
    days: int
    facts: CheckoutFacts
    revoked: Revoked | None


def subscription_terms(
    facts: SubscriptionFacts, sold: SoldProducts, grace: timedelta, *, unreachable: bool = False
) -> GrantTerms:
    """Return what a subscription opens, and until when: as long as what was paid and not given back covers.

    Then it opens for the slack in which a renewal is charged, and for the grace days of a bill that is owed.
    `unreachable`: Stripe could not be asked whether it was renewed.
    """
    revoked, coverage = revoke_subscription(facts, sold), reckon_coverage(facts, sold)
    covered, given_back = coverage.ends_at, coverage.given_back_at
    if given_back and (covered is None or covered <= given_back) and revoked in {None, Revoked.ENDED}:
        revoked = Revoked.REFUNDED
    if revoked:
        return GrantTerms(facts.started_at, facts.ended_at, revoked)
    if covered and (given_back or facts.closed_by_us):
        chosen = None if facts.closed_by_us else facts.cancels_at
        return GrantTerms(facts.started_at, min(filter(None, (covered, chosen))))
    ends = [covered + SLACK] if covered else []
    if coverage.due_at:
        ends.append(coverage.due_at + grace)
    elif covered and unreachable and facts.status in RUNNING:
        ends.append(covered + UNREACHABLE)
    if not ends:
        return GrantTerms(facts.started_at, facts.ended_at, Revoked.UNPAID)
    return GrantTerms(facts.started_at, min(filter(None, (max(ends), facts.cancels_at))))


def document_terms(facts: CheckoutFacts) -> GrantTerms:
    """Return what a payment that has arrived opens, where it is for one document."""
    return GrantTerms(facts.paid_at, None, revoke_payment(facts.money_back))


def pass_terms(passes: Iterable[PaidPass]) -> dict[str, GrantTerms]:
    """Return the terms of a reader's passes by source id: each begins where the one before it ends."""
    terms: dict[str, GrantTerms] = {}
    free_from: datetime | None = None
    for paid in sorted(passes, key=lambda one: (one.facts.paid_at, one.source_id)):
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
    if isinstance(facts, SubscriptionFacts):
        return facts.owes or facts.status not in ENDED or bool(facts.refunds or facts.dispute_ids)
    if facts.money_back.refunds or facts.money_back.dispute_ids:
        return True
    return facts.status == "open" or (facts.payment_pending and not is_paid(facts))

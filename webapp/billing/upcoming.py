"""What comes next: what Stripe says that a subscription will be charged, asked beside `sync` and kept.

Never a unit price times a quantity: coupons and their end, credit, a trial and tax are Stripe's to reckon with.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext
from webapp.billing.emails import email_trial_ending, find_recipient, is_trial_ending
from webapp.billing.gateway.facts import SubscriptionFacts, Upcoming
from webapp.billing.gateway.json_parser import UnreadableError
from webapp.billing.gateway.previews import fetch_upcoming, parse_upcoming
from webapp.billing.stored_targets import get_subscription
from webapp.billing.stripe_models import StripeObject
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError

_FRESH = timedelta(days=1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A subscription that is asked about, and which of its syncs was applied last by then."""

    facts: SubscriptionFacts
    applied: int
    known: Upcoming | None

    @property
    def is_wanted(self) -> bool:
        """Whether something comes, and what Stripe said of it is not fresh."""
        return self.facts.renews and (self.known is None or clock.now() - self.known.asked_at > _FRESH)


def refresh_upcoming(billing: BillingContext, subscription_id: str) -> None:
    """Keep what Stripe will charge next for a subscription, and write to its reader where a trial is about to end.

    Stripe is asked where that is not known, as `sync` forgets it when a subscription changes, or older than a day.
    That it does not answer is no failure: then nothing is known.
    """
    with billing.database.reading() as session:
        asking = _begin(session, subscription_id)
    if asking is None:
        return
    raw = _ask(billing, subscription_id) if asking.is_wanted else None
    if raw is None and not is_trial_ending(asking.facts):
        return

    def keep(session: Session) -> None:
        row = session.get_one(StripeObject, subscription_id, with_for_update=True)
        if row.applied != asking.applied or row.reader_id is None:
            return  # it was synced meanwhile, and is asked about anew
        row.upcoming = raw or row.upcoming
        if is_trial_ending(asking.facts):
            to = find_recipient(session, row.reader_id)
            email_trial_ending(session, to, asking.facts, _read(row.upcoming))

    billing.database.write(keep)


def get_upcoming(session: Session, subscription_id: str) -> Upcoming | None:
    """Return what Stripe said that a subscription will be charged next; None where that is not known."""
    row = session.get(StripeObject, subscription_id)
    return _read(row.upcoming) if row else None


def is_unreachable(session: Session, subscription_id: str) -> bool:
    """Return whether Stripe could not be asked, at the end of what was paid, whether a subscription was renewed."""
    row = session.get(StripeObject, subscription_id)
    return row is not None and row.unreachable_since is not None


def _begin(session: Session, subscription_id: str) -> _Asking | None:
    facts = get_subscription(session, subscription_id)
    row = session.get(StripeObject, subscription_id)
    return _Asking(facts, row.applied, _read(row.upcoming)) if facts and row else None


def _ask(billing: BillingContext, subscription_id: str) -> object | None:
    try:
        return fetch_upcoming(billing.gateway, subscription_id)
    except (PaymentsUnavailableError, UnreadableError) as error:
        log.warning("what %s will be charged next is not known: %s", subscription_id, error)
        return None


def _read(raw: object | None) -> Upcoming | None:
    return None if raw is None else parse_upcoming(raw)

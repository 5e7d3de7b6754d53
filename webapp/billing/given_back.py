"""A subscription whose bill was given back: it ends with what was paid before, or at once, and is not charged again."""

from sqlalchemy.orm import Session

from webapp.billing.coverage import reckon_coverage
from webapp.billing.gateway.facts import LIVE, SubscriptionFacts
from webapp.billing.models import Revoked
from webapp.billing.plans import get_sold_products
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command
from webapp.kit import clock
from webapp.settings import Mode


def cancel_what_was_given_back(session: Session, mode: Mode, facts: SubscriptionFacts) -> None:
    """Have a subscription end whose latest bill was given back in full: else it would renew.

    With other paid time left it ends when that does, else at once.
    """
    coverage = reckon_coverage(facts, get_sold_products(session, mode))
    if facts.status not in LIVE or coverage.given_back_at is None or facts.closed_by_us:
        return
    alert_publisher(session, mode, AlertCode.GIVEN_BACK, facts.id)
    if coverage.ends_at is None or coverage.ends_at <= clock.now():
        enqueue_command(session, mode, CommandKind.CANCEL_SUBSCRIPTION, facts.id, Revoked.REFUNDED)
    elif facts.cancels_at is None or facts.cancels_at > coverage.ends_at:
        enqueue_command(session, mode, CommandKind.CANCEL_AT, facts.id, Revoked.REFUNDED, coverage.ends_at)

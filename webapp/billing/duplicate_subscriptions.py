"""One subscription for each reader: two that were bought at once end in the better one."""

from sqlalchemy.orm import Session

from webapp.billing.gateway.facts import LIVE, RUNNING, SubscriptionFacts
from webapp.billing.grants import read_stored_facts
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.stripe_models import CommandKind
from webapp.billing.stripe_outbox import enqueue_command
from webapp.settings import Mode

SECOND = "second subscription"


def live_subscriptions(session: Session, reader_id: int, mode: Mode) -> list[SubscriptionFacts]:
    """Return a reader's subscriptions that have not ended, the best first: running ones, then the oldest."""
    stored = read_stored_facts(session, reader_id, mode)
    live = [facts for facts in stored if isinstance(facts, SubscriptionFacts) and facts.status in LIVE]
    return sorted(live, key=lambda facts: (facts.status not in RUNNING, facts.started_at, facts.id))


def refund_duplicates(session: Session, reader_id: int, mode: Mode) -> None:
    """Have every subscription but the best cancelled, and what a later one cost given back."""
    held = live_subscriptions(session, reader_id, mode)
    for rival in held[1:]:
        enqueue_command(session, mode, CommandKind.CANCEL_SUBSCRIPTION, rival.id, SECOND)
        alert_publisher(session, mode, AlertCode.SECOND_SUBSCRIPTION, rival.id)
        if rival.started_at >= held[0].started_at:
            for payment_intent in rival.payments:
                enqueue_command(session, mode, CommandKind.REFUND, payment_intent, SECOND)

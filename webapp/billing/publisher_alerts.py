"""What the publisher must know and no rule can settle: kept once, mailed once, listed by `paidspan stripe status`."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.registration import publisher_addresses
from webapp.billing.stripe_models import Alert
from webapp.kit import clock
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.translatable import _
from webapp.settings import Mode


class AlertCode(StrEnum):
    """What can have happened."""

    MISSING = "missing-at-stripe"
    UNKNOWN_STATUS = "unknown-status"
    DISPUTE = "dispute"
    PAID_AFTER_END = "paid-after-end"
    SECOND_SUBSCRIPTION = "second-subscription"
    PRICE_GONE = "price-gone"
    COMMAND_REFUSED = "command-refused"


SENTENCES = {
    AlertCode.MISSING: _("Stripe does not know %(about)s any more. Is this still the key of the same account?"),
    AlertCode.UNKNOWN_STATUS: _("%(about)s has a status that this version does not know; its reader has no access."),
    AlertCode.DISPUTE: _("A payment is disputed (%(about)s). Answer it in Stripe's dashboard before its deadline."),
    AlertCode.PAID_AFTER_END: _(
        "Invoice %(about)s was paid after its subscription had ended. Give the money back, or give access."
    ),
    AlertCode.SECOND_SUBSCRIPTION: _(
        "A reader had two subscriptions at once; %(about)s is cancelled, and what it cost is given back."
    ),
    AlertCode.PRICE_GONE: _("A plan cannot be sold, for Stripe says: %(about)s. Run paidspan stripe setup."),
    AlertCode.COMMAND_REFUSED: _("Stripe refused what was asked about %(about)s. Settle it in Stripe's dashboard."),
}


def alert_publisher(session: Session, mode: Mode, code: AlertCode, about: str) -> None:
    """Keep an alert and write to the publishers, once for each thing it is about."""
    if session.scalar(select(Alert.id).where(Alert.code == code, Alert.about == about)) is not None:
        return
    now = clock.now()
    session.add(Alert(mode=mode, code=code, about=about, created_at=now))
    for address in publisher_addresses(session):
        email = Email(f"{code}:{about}:{address}", "alert", address, "", {"sentence": SENTENCES[code], "about": about})
        enqueue_email(session, email, now)


def latest_alerts(session: Session, mode: Mode, most: int = 20) -> list[Alert]:
    """Return the newest alerts."""
    return list(session.scalars(select(Alert).where(Alert.mode == mode).order_by(Alert.id.desc()).limit(most)))

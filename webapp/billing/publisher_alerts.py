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
    NOT_AS_ORDERED = "not-as-ordered"
    TYPED_REFERENCE = "typed-reference"
    NOT_OURS = "not-ours-any-more"
    UNREADABLE = "unreadable"
    UNKNOWN_PRICE = "unknown-price"
    PAID_TWICE = "paid-twice"
    BESIDE_SUBSCRIPTION = "beside-subscription"
    GIVEN_BACK = "given-back"
    REFUND_FAILED = "refund-failed"
    CHARGED_WHILE_DISABLED = "charged-while-disabled"
    PAID_WHILE_DISABLED = "paid-while-disabled"
    UNREACHABLE = "stripe-unreachable"
    GIVEN_UP = "given-up"
    CANNOT_SELL = "cannot-sell"
    WORKER_SILENT = "worker-silent"


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
    AlertCode.NOT_AS_ORDERED: _(
        "Payment %(about)s is not for what was ordered (amount, currency, item), so it opens nothing. See it in Stripe."
    ),
    AlertCode.TYPED_REFERENCE: _(
        "Payment %(about)s bears the number of an order here, but was not made by our checkout; it opens nothing."
    ),
    AlertCode.NOT_OURS: _(
        "%(about)s was sold here and belongs to another product or customer now; it opens nothing any more."
    ),
    AlertCode.UNREADABLE: _("What Stripe says of %(about)s cannot be read by this version, so it opens nothing."),
    AlertCode.UNKNOWN_PRICE: _(
        "%(about)s is one of your products at a price that was not made here. It is followed all the same."
    ),
    AlertCode.PAID_TWICE: _("The same thing was paid twice; the later payment (%(about)s) is given back."),
    AlertCode.BESIDE_SUBSCRIPTION: _(
        "A pass was paid beside a running subscription, and nobody had warned its buyer; %(about)s is given back."
    ),
    AlertCode.GIVEN_BACK: _(
        "A bill of %(about)s was given back in full, so it was cancelled: it ends with what was paid before."
    ),
    AlertCode.REFUND_FAILED: _("Refund %(about)s failed: the money did not go back, and access is open again."),
    AlertCode.CHARGED_WHILE_DISABLED: _("%(about)s belongs to a disabled account, and is cancelled at Stripe."),
    AlertCode.PAID_WHILE_DISABLED: _("A disabled account has paid (%(about)s); that is given back."),
    AlertCode.UNREACHABLE: _(
        "Stripe could not be asked whether %(about)s was renewed. Its reader reads on for three days at most."
    ),
    AlertCode.GIVEN_UP: _("%(about)s could not be dealt with in many tries; nobody will try again by themselves."),
    AlertCode.CANNOT_SELL: _("Something cannot be sold, for Stripe says: %(about)s. Run paidspan stripe setup."),
    AlertCode.WORKER_SILENT: _(
        "The background worker did nothing for more than a minute from %(about)s on; what waited is being done now."
    ),
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

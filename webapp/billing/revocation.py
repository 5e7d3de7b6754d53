"""Why what was paid for opens nothing any more: given back, in dispute, unpaid, paused, ended."""

from webapp.billing.gateway.facts import RUNNING, CheckoutFacts, MoneyBack, SubscriptionFacts
from webapp.billing.models import Revoked

WITHHELD = {
    "incomplete": Revoked.UNPAID,
    "incomplete_expired": Revoked.UNPAID,
    "unpaid": Revoked.UNPAID,
    "paused": Revoked.PAUSED,
    "canceled": Revoked.ENDED,
}
OPENING = RUNNING | {"past_due"}
KNOWN = OPENING | WITHHELD.keys()


def revoke_subscription(facts: SubscriptionFacts) -> Revoked | None:
    """Return why a subscription opens nothing; None where it does. A status that is new to us opens nothing."""
    if taken_back := _taken_back(facts.money_back):
        return taken_back
    if facts.collection_paused:
        return Revoked.PAUSED
    return None if facts.status in OPENING else WITHHELD.get(facts.status, Revoked.UNKNOWN)


def revoke_payment(facts: CheckoutFacts) -> Revoked | None:
    """Return why a one-time payment opens nothing any more."""
    return _taken_back(facts.money_back)


def _taken_back(money: MoneyBack) -> Revoked | None:
    if money.disputed:
        return Revoked.DISPUTED
    return Revoked.REFUNDED if money.refunded_at else None

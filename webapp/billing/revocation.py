"""Why what was paid for opens nothing any more: given back, in dispute, unpaid, paused, ended."""

from webapp.billing.coverage import SoldProducts
from webapp.billing.gateway.facts import RUNNING, MoneyBack, SubscriptionFacts
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


def revoke_subscription(facts: SubscriptionFacts, sold: SoldProducts) -> Revoked | None:
    """Return why a subscription opens nothing, whatever was paid; None where what was paid decides.

    A status that is new to us opens nothing. One that we closed ourselves is judged by what was paid alone. A dispute
    about a bill for something else, which the subscription was for before, is none of ours.
    """
    if any(one.id in facts.disputed_invoices and sold.billed_by(one) for one in facts.invoices):
        return Revoked.DISPUTED
    if facts.closed_by_us:
        return None
    if facts.collection_paused and facts.status in OPENING:
        return Revoked.PAUSED
    return None if facts.status in OPENING else WITHHELD.get(facts.status, Revoked.UNKNOWN)


def revoke_payment(money: MoneyBack) -> Revoked | None:
    """Return why a one-time payment opens nothing any more."""
    if money.disputed:
        return Revoked.DISPUTED
    return Revoked.REFUNDED if money.refunded_at else None

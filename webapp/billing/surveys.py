"""What Stripe lists: how the reconciler finds what it never heard of. Moments in seconds since 1970."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from webapp.billing.facts import purchase_of
from webapp.billing.gateway import PAGE, Gateway, Notice, notice_of, plain


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscription or Checkout session in a list: our mark on it, and its status."""

    id: str
    purchase_id: str | None
    status: str


def events_since(gateway: Gateway, since: int) -> list[Notice]:
    """Answers the events since a moment, the oldest first."""
    with gateway.calling():
        page = gateway.client.v1.events.list({"created": {"gte": since}, "limit": PAGE})
        return [notice_of(plain(event)) for event in page.auto_paging_iter()][::-1]


def subscriptions(gateway: Gateway) -> Iterator[Listed]:
    """Answers every subscription of the account, ended ones too."""
    with gateway.calling():
        page = gateway.client.v1.subscriptions.list({"status": "all", "limit": PAGE})
        for one in page.auto_paging_iter():
            yield Listed(one.id, purchase_of(plain(one)), str(one.status))


def sessions_since(gateway: Gateway, since: int) -> Iterator[Listed]:
    """Answers the Checkout sessions opened since a moment."""
    with gateway.calling():
        page = gateway.client.v1.checkout.sessions.list({"created": {"gte": since}, "limit": PAGE})
        for one in page.auto_paging_iter():
            yield Listed(one.id, one.client_reference_id, str(one.status))


def payments_refunded_since(gateway: Gateway, since: int) -> set[str]:
    """Answers the payment intents of which something was refunded since a moment."""
    with gateway.calling():
        return _payments(gateway.client.v1.refunds.list({"created": {"gte": since}, "limit": PAGE}))


def payments_disputed_since(gateway: Gateway, since: int) -> set[str]:
    """Answers the payment intents that were disputed since a moment."""
    with gateway.calling():
        return _payments(gateway.client.v1.disputes.list({"created": {"gte": since}, "limit": PAGE}))


def customers(gateway: Gateway) -> set[str]:
    """Answers the customers of the account; deleted ones are in no list."""
    with gateway.calling():
        return {one.id for one in gateway.client.v1.customers.list({"limit": PAGE}).auto_paging_iter()}


def _payments(page: Any) -> set[str]:  # noqa: ANN401 - a list of refunds or of disputes
    return {str(one.payment_intent) for one in page.auto_paging_iter() if one.payment_intent}

"""What Stripe lists: how the reconciler finds what it never heard of. Moments in seconds since 1970."""

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.billing.gateway.client import PAGE, EventNotice, Gateway, read_event, to_json
from webapp.billing.gateway.parser import purchase_of


@dataclass(frozen=True, slots=True)
class ListedObject:
    """A subscription or Checkout session in a list: our mark on it, and its status."""

    id: str
    purchase_id: str | None
    status: str


@dataclass(frozen=True, slots=True)
class ListedRefund:
    """A refund in a list: of which payment, how much of it arrived (0 until it succeeds), made when."""

    payment_intent: str
    arrived: int
    created: int


def list_events(gateway: Gateway, since: int) -> list[EventNotice]:
    """Return the events since a moment, the oldest first."""
    with gateway.calling():
        page = gateway.client.v1.events.list({"created": {"gte": since}, "limit": PAGE})
        return [read_event(to_json(event)) for event in page.auto_paging_iter()][::-1]


def list_subscriptions(gateway: Gateway) -> Iterator[ListedObject]:
    """Return every subscription of the account, ended ones too."""
    with gateway.calling():
        page = gateway.client.v1.subscriptions.list({"status": "all", "limit": PAGE})
        for one in page.auto_paging_iter():
            yield ListedObject(one.id, purchase_of(to_json(one)), str(one.status))


def list_sessions(gateway: Gateway, since: int) -> Iterator[ListedObject]:
    """Return the Checkout sessions opened since a moment."""
    with gateway.calling():
        page = gateway.client.v1.checkout.sessions.list({"created": {"gte": since}, "limit": PAGE})
        for one in page.auto_paging_iter():
            yield ListedObject(one.id, one.client_reference_id, str(one.status))


def list_refunds(gateway: Gateway) -> Iterator[ListedRefund]:
    """Return every refund of the account: one of long ago may still fail, and no list says which did lately."""
    with gateway.calling():
        for one in gateway.client.v1.refunds.list({"limit": PAGE}).auto_paging_iter():
            if one.payment_intent:
                arrived = one.amount if one.status == "succeeded" else 0
                yield ListedRefund(str(one.payment_intent), arrived, one.created)


def list_disputed_payments(gateway: Gateway, since: int) -> set[str]:
    """Return the payment intents that were disputed since a moment."""
    with gateway.calling():
        page = gateway.client.v1.disputes.list({"created": {"gte": since}, "limit": PAGE})
        return {str(one.payment_intent) for one in page.auto_paging_iter() if one.payment_intent}


def list_customers(gateway: Gateway) -> set[str]:
    """Return the customers of the account; deleted ones are in no list."""
    with gateway.calling():
        return {one.id for one in gateway.client.v1.customers.list({"limit": PAGE}).auto_paging_iter()}

"""What Stripe lists: how the reconciler finds what it never heard of."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from webapp.billing.gateway.client import PAGE, EventNotice, Gateway, read_event, read_id, to_json
from webapp.billing.gateway.facts import Refund
from webapp.billing.gateway.json_parser import parse_refund, read_purchase_mark
from webapp.billing.gateway.json_values import parse_moment

if TYPE_CHECKING:
    from stripe.params import SubscriptionListParams


@dataclass(frozen=True, slots=True)
class ListedObject:
    """A subscription or Checkout session in a list: its customer, our mark on it, and its status."""

    id: str
    customer_id: str | None
    purchase_id: str | None
    status: str


def list_events(gateway: Gateway, since: datetime | None) -> list[EventNotice]:
    """Return the events since a moment, the oldest first."""
    with gateway.calling():
        page = gateway.client.v1.events.list({"created": {"gte": _seconds(since)}, "limit": PAGE})
        return [read_event(to_json(event)) for event in page.auto_paging_iter()][::-1]


def find_newest_event(gateway: Gateway, types: Collection[str], before: datetime) -> datetime | None:
    """Return when the newest event of some types came about, of the last hundred before a moment."""
    with gateway.calling():
        page = gateway.client.v1.events.list({"created": {"lt": _seconds(before)}, "limit": PAGE})
    return next((parse_moment(event.created) for event in page.data if event.type in types), None)


def list_subscriptions(gateway: Gateway, customer_id: str | None = None) -> Iterator[ListedObject]:
    """Return every subscription of the account or of one customer, ended ones too."""
    asked: SubscriptionListParams = {"status": "all", "limit": PAGE}
    if customer_id is not None:
        asked["customer"] = customer_id
    with gateway.calling():
        page = gateway.client.v1.subscriptions.list(asked)
        for one in page.auto_paging_iter():
            yield ListedObject(one.id, read_id(one.customer), read_purchase_mark(to_json(one)), str(one.status))


def list_sessions(gateway: Gateway, since: datetime | None) -> Iterator[ListedObject]:
    """Return the Checkout sessions opened since a moment."""
    with gateway.calling():
        page = gateway.client.v1.checkout.sessions.list({"created": {"gte": _seconds(since)}, "limit": PAGE})
        for one in page.auto_paging_iter():
            yield ListedObject(one.id, read_id(one.customer), read_purchase_mark(to_json(one)), str(one.status))


def list_refunds(gateway: Gateway) -> Iterator[Refund]:
    """Return every refund of the account: one of long ago may still fail, and no list says which did lately."""
    with gateway.calling():
        for one in gateway.client.v1.refunds.list({"limit": PAGE}).auto_paging_iter():
            if one.payment_intent:
                yield parse_refund(to_json(one))


def list_disputed_payments(gateway: Gateway, since: datetime | None) -> set[str]:
    """Return the payment intents that were disputed since a moment."""
    with gateway.calling():
        page = gateway.client.v1.disputes.list({"created": {"gte": _seconds(since)}, "limit": PAGE})
        return {str(one.payment_intent) for one in page.auto_paging_iter() if one.payment_intent}


def list_customers(gateway: Gateway) -> set[str]:
    """Return the customers of the account; deleted ones are in no list."""
    with gateway.calling():
        return {one.id for one in gateway.client.v1.customers.list({"limit": PAGE}).auto_paging_iter()}


def _seconds(since: datetime | None) -> int:
    return int(since.timestamp()) if since else 0

"""What an account at Stripe is set up with: prices and the webhook endpoint."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webapp.billing.gateway.client import PAGE, Gateway, id_of
from webapp.kit.money import Money


@dataclass(frozen=True, slots=True)
class StripePrice:
    """A price, of which product it is one, and how much that is."""

    id: str
    product_id: str
    money: Money


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address to which Stripe sends events of some types."""

    id: str
    events: frozenset[str]


def find_price(gateway: Gateway, lookup_key: str) -> StripePrice | None:
    """Return the active price that has a key."""
    with gateway.calling():
        found = gateway.client.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1}).data
    prices = [StripePrice(one.id, str(id_of(one.product)), Money(one.unit_amount or 0, one.currency)) for one in found]
    return prices[0] if prices else None


def create_price(
    gateway: Gateway, lookup_key: str, money: Money, interval: str | None, product_id: str | None, name: str
) -> str:
    """Make a price, which takes the key from the one that had it; of a new product where there is none yet."""
    params: Any = {
        **({"product": product_id} if product_id else {"product_data": {"name": name}}),
        **({"recurring": {"interval": interval}} if interval else {}),
        "unit_amount": money.minor_units,
        "currency": money.currency,
        "lookup_key": lookup_key,
        "transfer_lookup_key": True,
    }
    with gateway.calling():
        return gateway.client.v1.prices.create(params).id


def product_of_price(gateway: Gateway, price_id: str) -> str:
    """Return which product a price is one of."""
    with gateway.calling():
        return str(id_of(gateway.client.v1.prices.retrieve(price_id).product))


def find_endpoint(gateway: Gateway, url: str) -> WebhookEndpoint | None:
    """Return the endpoint at an address."""
    with gateway.calling():
        endpoints = gateway.client.v1.webhook_endpoints.list({"limit": PAGE}).auto_paging_iter()
        found = (WebhookEndpoint(one.id, frozenset(one.enabled_events)) for one in endpoints if one.url == url)
        return next(found, None)


def update_endpoint(gateway: Gateway, endpoint_id: str, events: Iterable[str]) -> None:
    """Have an endpoint be sent these events."""
    asked: Any = sorted(events)
    with gateway.calling():
        gateway.client.v1.webhook_endpoints.update(endpoint_id, {"enabled_events": asked})


def create_endpoint(gateway: Gateway, url: str, events: Iterable[str]) -> str:
    """Make an endpoint; return its secret, which Stripe says only now."""
    asked: Any = sorted(events)
    with gateway.calling():
        made = gateway.client.v1.webhook_endpoints.create(
            {"url": url, "enabled_events": asked, "description": "paidspan"}
        )
    return str(made.secret)

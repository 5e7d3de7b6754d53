"""What an account at Stripe is set up with: prices and the webhook endpoint; what is there already is kept."""

from dataclasses import dataclass
from typing import Any

from webapp.billing.gateway.client import PAGE, Gateway, read_id
from webapp.kit.money import Money


@dataclass(frozen=True, slots=True)
class SavedPrice:
    """A price at Stripe, its product, and what having it did: "made", "changed" or "kept"."""

    id: str
    product_id: str
    did: str


def save_price(gateway: Gateway, lookup_key: str, money: Money, interval: str | None, name: str) -> SavedPrice:
    """Have a price under a key, of a new product where there is none yet."""
    prices = gateway.client.v1.prices
    with gateway.calling():
        found = prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1}).data
        if found and (found[0].unit_amount, found[0].currency) == (money.minor_units, money.currency):
            return SavedPrice(found[0].id, str(read_id(found[0].product)), "kept")
        params: Any = {
            **({"product": read_id(found[0].product)} if found else {"product_data": {"name": name}}),
            **({"recurring": {"interval": interval}} if interval else {}),
            "unit_amount": money.minor_units,
            "currency": money.currency,
            "lookup_key": lookup_key,
            "transfer_lookup_key": True,
        }
        made = prices.create(params)
        return SavedPrice(made.id, str(read_id(made.product)), "changed" if found else "made")


def get_product_of_price(gateway: Gateway, price_id: str) -> str:
    """Return which product a price is one of."""
    with gateway.calling():
        return str(read_id(gateway.client.v1.prices.retrieve(price_id).product))


def get_product_name(gateway: Gateway, product_id: str) -> str:
    """Return what a product is called; raise MissingAtStripeError."""
    with gateway.calling():
        return gateway.client.v1.products.retrieve(product_id).name


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """A webhook endpoint as Stripe has it; `hears_all`: whatever happens is sent to it."""

    id: str
    url: str
    events: frozenset[str]
    enabled: bool

    @property
    def hears_all(self) -> bool:
        """Return whether it is sent every kind of event."""
        return "*" in self.events

    def misses(self, events: set[str]) -> list[str]:
        """Return which of these events are not sent to it."""
        return [] if self.hears_all else sorted(events - self.events)


def list_endpoints(gateway: Gateway) -> list[EndpointFacts]:
    """Return the webhook endpoints of the account."""
    with gateway.calling():
        return [
            EndpointFacts(one.id, one.url, frozenset(one.enabled_events), one.status == "enabled")
            for one in gateway.client.v1.webhook_endpoints.list({"limit": PAGE}).auto_paging_iter()
        ]


def make_endpoint(gateway: Gateway, url: str, events: set[str]) -> str:
    """Have these events sent to a new endpoint; return its secret, which is told this once."""
    asked: Any = sorted(events)
    with gateway.calling():
        made = gateway.client.v1.webhook_endpoints.create(
            {"url": url, "enabled_events": asked, "description": "paidspan"}
        )
    return str(made.secret)


def mend_endpoint(gateway: Gateway, endpoint: EndpointFacts, events: set[str]) -> None:
    """Have an endpoint switched on, and sent these events besides those that it is sent already."""
    more: Any = ["*"] if endpoint.hears_all else sorted(endpoint.events | events)
    with gateway.calling():
        gateway.client.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": more, "disabled": False})

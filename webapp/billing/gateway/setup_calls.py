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


def save_endpoint(gateway: Gateway, url: str, events: set[str]) -> tuple[str, int]:
    """Have these events sent to an address; return the secret if that is new, and how many were not sent before."""
    endpoints = gateway.client.v1.webhook_endpoints
    with gateway.calling():
        for endpoint in endpoints.list({"limit": PAGE}).auto_paging_iter():
            if endpoint.url == url:
                present = set(endpoint.enabled_events)
                missing = set() if "*" in present else events - present
                more: Any = sorted(present | missing)
                if missing:
                    endpoints.update(endpoint.id, {"enabled_events": more})
                return "", len(missing)
        asked: Any = sorted(events)
        made = endpoints.create({"url": url, "enabled_events": asked, "description": "paidspan"})
    return str(made.secret), len(events)

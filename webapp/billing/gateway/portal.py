"""Stripe's own pages for who pays: new card, other plan, end, receipts. There is one portal of ours in an account."""

from typing import Any

from webapp.billing.gateway.client import PAGE, Gateway, to_json

_MARK = "paidspan"


def open_portal(gateway: Gateway, customer_id: str, return_url: str, locale: str) -> str:
    """Return the address of the portal for a customer, as `paidspan stripe setup` arranged it."""
    with gateway.calling():
        ours = _find(gateway)
        portal = gateway.client.v1.billing_portal.sessions.create(
            {
                "customer": customer_id,
                "return_url": return_url,
                "locale": "zh" if locale == "zh-CN" else "en",
                **({"configuration": ours} if ours else {}),
            }
        )
    return portal.url


def save_portal(gateway: Gateway, switchable: list[tuple[str, str]]) -> tuple[str, bool]:
    """Have a portal in which readers switch between these (product and price); return its id, and whether it is new."""
    features: Any = _features(switchable)  # tests/contract holds it to the SDK's types
    configurations = gateway.client.v1.billing_portal.configurations
    with gateway.calling():
        ours = _find(gateway)
        if ours:
            configurations.update(ours, {"features": features})
            return ours, False
        return configurations.create({"features": features, "metadata": {_MARK: "portal"}}).id, True


def _find(gateway: Gateway) -> str | None:
    active = gateway.client.v1.billing_portal.configurations.list({"active": True, "limit": PAGE})
    found = (str(one.id) for one in active.auto_paging_iter() if (to_json(one)["metadata"] or {}).get(_MARK))
    return next(found, None)


def _features(switchable: list[tuple[str, str]]) -> dict[str, Any]:
    switching: dict[str, Any] = {"enabled": False}
    if len(switchable) > 1:
        switching = {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "proration_behavior": "always_invoice",
            "products": [{"product": product, "prices": [price]} for product, price in switchable],
        }
    return {
        "customer_update": {"enabled": True, "allowed_updates": ["email"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": switching,
    }

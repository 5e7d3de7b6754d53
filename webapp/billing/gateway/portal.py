"""Stripe's own pages for who pays: new card, other plan, end, receipts. There is one portal of ours in an account."""

from typing import TYPE_CHECKING, Any

from webapp.billing.gateway.client import PAGE, Gateway, to_json
from webapp.billing.gateway.facts import SubscriptionFacts
from webapp.billing.gateway.previews import PRORATION

if TYPE_CHECKING:
    from stripe.params.billing_portal import SessionCreateParams

_MARK = "paidspan"


def open_portal(gateway: Gateway, customer_id: str, return_url: str, locale: str) -> str:
    """Return the address of the portal for a customer, as `paidspan stripe setup` arranged it."""
    return _open(gateway, {"customer": customer_id, "return_url": return_url}, locale)


def open_switch(gateway: Gateway, facts: SubscriptionFacts, price_id: str, return_url: str, locale: str) -> str:
    """Return the address where a switch of plan is confirmed, and paid as the bank wants it; then it leads back."""
    (item,) = facts.items
    params: SessionCreateParams = {
        "customer": facts.customer_id,
        "return_url": return_url,
        "flow_data": {
            "type": "subscription_update_confirm",
            "subscription_update_confirm": {"subscription": facts.id, "items": [{"id": item.id, "price": price_id}]},
            "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
        },
    }
    return _open(gateway, params, locale)


def _open(gateway: Gateway, params: "SessionCreateParams", locale: str) -> str:
    with gateway.calling():
        ours = _find(gateway)
        portal = gateway.client.v1.billing_portal.sessions.create(
            {
                **params,
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
            "proration_behavior": PRORATION,
            "products": [{"product": product, "prices": [price]} for product, price in switchable],
        }
    return {
        "customer_update": {"enabled": True, "allowed_updates": ["email"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": switching,
    }

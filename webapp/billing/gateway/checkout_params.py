"""What Stripe is asked for when something is to be paid; the same purchase always asks for the same."""

from dataclasses import dataclass

from webapp.billing.gateway.json_parser import PURCHASE_KEY, Json
from webapp.billing.models import Plan, Purchase


@dataclass(frozen=True, slots=True)
class CheckoutOptions:
    """What the publisher wants of Stripe's checkout besides payment, by Stripe's own names for it."""

    automatic_tax: bool = False
    tax_id_collection: bool = False
    invoice_creation: bool = False


def build_session_params(
    purchase: Purchase, plan: Plan | None, customer_id: str, base_url: str, options: CheckoutOptions
) -> Json:
    """Return the parameters of a purchase's Checkout session."""
    mark = {PURCHASE_KEY: purchase.id}
    params: Json = {
        "mode": "subscription" if purchase.recurring else "payment",
        "customer": customer_id,
        "client_reference_id": purchase.id,
        "metadata": mark,
        "line_items": [_line_item(purchase, plan)],
        "allow_promotion_codes": True,
        "success_url": f"{base_url}/checkout/return?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{base_url}/checkout/cancelled?purchase={purchase.id}",
        "locale": "zh" if purchase.locale == "zh-CN" else "en",
        **_tax_params(options),
    }
    if purchase.recurring:
        trial = {"trial_period_days": purchase.trial_days} if purchase.trial_days else {}
        return params | {"subscription_data": {"metadata": mark, **trial}}
    if options.invoice_creation:  # a subscription has its invoices anyway
        params["invoice_creation"] = {"enabled": True}
    # WeChat Pay is offered where the account has it; it needs to know that it is asked for on a web page.
    wechat_pay = {"wechat_pay": {"client": "web"}}
    return params | {"payment_intent_data": {"metadata": mark}, "payment_method_options": wechat_pay}


def _tax_params(options: CheckoutOptions) -> Json:
    """Return what tax needs; of a customer that is there already, Stripe must be allowed to keep what it asks for.

    Source: docs.stripe.com/tax/checkout/tax-ids and /tax/checkout, "existing customers".
    """
    params: Json = {}
    if options.automatic_tax:
        params = {"automatic_tax": {"enabled": True}, "customer_update": {"address": "auto"}}
    if options.tax_id_collection:
        params |= {"tax_id_collection": {"enabled": True}, "customer_update": {"address": "auto", "name": "auto"}}
    return params


def _line_item(purchase: Purchase, plan: Plan | None) -> Json:
    if plan is not None:
        return {"price": plan.stripe_price_id, "quantity": 1}
    product = {"name": purchase.title}
    return {
        "price_data": {"currency": purchase.currency, "unit_amount": purchase.amount, "product_data": product},
        "quantity": 1,
    }

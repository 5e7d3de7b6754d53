"""What Stripe is asked for when something is to be paid; the same purchase always asks for the same."""

from webapp.billing.gateway.json_parser import PURCHASE_KEY, Json
from webapp.billing.models import Plan, Purchase


def build_session_params(purchase: Purchase, plan: Plan | None, customer_id: str, base_url: str) -> Json:
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
    }
    if purchase.recurring:
        trial = {"trial_period_days": purchase.trial_days} if purchase.trial_days else {}
        return params | {"subscription_data": {"metadata": mark, **trial}}
    # WeChat Pay is offered where the account has it; it needs to know that it is asked for on a web page.
    wechat_pay = {"wechat_pay": {"client": "web"}}
    return params | {"payment_intent_data": {"metadata": mark}, "payment_method_options": wechat_pay}


def _line_item(purchase: Purchase, plan: Plan | None) -> Json:
    if plan is not None:
        return {"price": plan.stripe_price_id, "quantity": 1}
    product = {"name": purchase.title}
    return {
        "price_data": {"currency": purchase.currency, "unit_amount": purchase.amount, "product_data": product},
        "quantity": 1,
    }

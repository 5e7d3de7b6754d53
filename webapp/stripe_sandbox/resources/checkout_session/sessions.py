"""Checkout sessions: opened by us, paid or left by the reader (docs.stripe.com/api/checkout/sessions)."""

from webapp.stripe_sandbox.params import (
    ListParam,
    Params,
    address_of_page,
    boolean,
    choice,
    currency,
    integer,
    metadata,
    metadata_fields,
    natural,
    positive,
    text,
)
from webapp.stripe_sandbox.resources import customers, taxes
from webapp.stripe_sandbox.resources.checkout_session import apply_discount, line_items
from webapp.stripe_sandbox.resources.checkout_session.line_items import PAYMENT, SUBSCRIPTION, Basket
from webapp.stripe_sandbox.resources.invoice import post_purchase
from webapp.stripe_sandbox.resources.payment.payment_methods import ALIPAY, CARD, WECHAT_PAY
from webapp.stripe_sandbox.resources.products import PRODUCT_DATA, RECURRING
from webapp.stripe_sandbox.resources.subscription import trials
from webapp.stripe_sandbox.stripe_errors import RefusedError, missing
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

EXPIRE_SESSION = "expire_session"
OPEN, COMPLETE, EXPIRED = "open", "complete", "expired"
SHORTEST, LONGEST = 30 * 60, 24 * 60 * 60
WALLET_CURRENCIES = frozenset(("aud", "cad", "cny", "eur", "gbp", "hkd", "jpy", "nzd", "sgd", "usd"))
CHECKOUT_LOCALES = choice("auto", "en", "en-GB", "zh", "zh-HK", "zh-TW")

_PRICE_DATA = Params(
    {
        "currency": currency,
        "product": text,
        "product_data": PRODUCT_DATA,
        "recurring": RECURRING,
        "unit_amount": natural,
    },
    frozenset({"currency", "unit_amount"}),
)
_WECHAT_PAY = Params({"client": choice("web", "android", "ios")}, frozenset({"client"}))
_CARD = Params({"request_three_d_secure": choice("any", "automatic", "challenge")})
FIELDS = Params(
    {
        **taxes.TAX_FIELDS,
        "invoice_creation": post_purchase.INVOICE_CREATION,
        "allow_promotion_codes": boolean,
        "cancel_url": address_of_page,
        "client_reference_id": text,
        "currency": currency,
        "customer": text,
        "discounts": ListParam(Params({"coupon": text, "promotion_code": text})),
        "expires_at": integer,
        "line_items": ListParam(Params({"price": text, "price_data": _PRICE_DATA, "quantity": positive})),
        "locale": CHECKOUT_LOCALES,
        "metadata": metadata,
        "mode": choice(PAYMENT, SUBSCRIPTION),
        "payment_intent_data": Params({"description": text, "metadata": metadata}),
        "payment_method_collection": choice("always", "if_required"),
        "payment_method_options": Params({CARD: _CARD, WECHAT_PAY: _WECHAT_PAY}),
        "subscription_data": Params(
            {"metadata": metadata, "trial_period_days": positive, "trial_settings": trials.FIELDS}
        ),
        "success_url": address_of_page,
    },
    frozenset({"line_items", "mode", "success_url"}),
)
# What belongs to one mode only.
_COLLECTION = {PAYMENT: "if_required", SUBSCRIPTION: "always"}
_DATA_OF = {PAYMENT: "payment_intent_data", SUBSCRIPTION: "subscription_data"}

# What Stripe shows of a session, and the sandbox has nothing to fill it with, or not yet.
_WITHOUT = dict.fromkeys(
    (
        "adaptive_pricing",
        "after_expiration",
        "allow_promotion_codes",
        "allowed_payment_method_types",
        "billing_address_collection",
        "cancel_url",
        "client_reference_id",
        "client_secret",
        "collected_information",
        "consent",
        "consent_collection",
        "currency_conversion",
        "customer_account",
        "customer_creation",
        "customer_details",
        "customer_email",
        "integration_identifier",
        "invoice",
        "invoice_creation",
        "locale",
        "managed_payments",
        "origin_context",
        "payment_intent",
        "payment_link",
        "payment_method_configuration_details",
        "permissions",
        "recovered_from",
        "saved_payment_method_options",
        "setup_intent",
        "shipping_address_collection",
        "shipping_cost",
        "submit_type",
        "subscription",
        "wallet_options",
    )
)


def create(call: ApiCall) -> Json:
    """Open a session."""
    uow, given = call.uow, call.params
    _refuse_data_of_other_mode(given)
    customer = uow.living("customer", given["customer"], "customer") if "customer" in given else None
    taxes.refuse_unkept(given, customer)
    bought = line_items.fill_basket(uow, given["mode"], given["line_items"], given.get("currency"))
    if customer and given["mode"] == SUBSCRIPTION:
        customers.refuse_other_currency(customer, bought.currency)
    session_id = new_id("cs_test")
    session = uow.add(
        _session(given, customer, bought)
        | {
            "id": session_id,
            "created": uow.now,
            "expires_at": _expiry(uow, given),
            "url": f"{call.base_url}/sandbox/checkout/{session_id}",
        },
        memo={key: given[key] for key in _DATA_OF.values() if key in given},
    )
    line_items.store_line_items(uow, session_id, bought)
    uow.remind(session["expires_at"], EXPIRE_SESSION, session_id)
    return apply_discount.reduce_as_asked(
        uow, apply_discount.total_session(uow, session, []), given.get("discounts", [])
    )


def expire(call: ApiCall) -> Json:
    """Close an open session; raise RefusedError for one that is not open."""
    session = call.uow.get("checkout.session", call.object_id)
    if session["status"] != OPEN:
        raise RefusedError(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}."
        )
    return close_session(call.uow, session)


def expire_session_when_due(uow: UnitOfWork, session_id: str) -> None:
    """Close a session whose time is over."""
    close_session(uow, uow.get("checkout.session", session_id))


def close_session(uow: UnitOfWork, session: Json) -> Json:
    """Close a session unpaid and tell of it."""
    uow.forget(EXPIRE_SESSION, session["id"])
    return uow.transition(session, "checkout.session.expired", status=EXPIRED, url=None)


def complete_session(uow: UnitOfWork, session: Json, **outcome: str | Json | None) -> Json:
    """Close a session whose buyer has done all there is to do, and tell of it."""
    uow.forget(EXPIRE_SESSION, session["id"])
    return uow.transition(session | {"status": COMPLETE, "url": None}, "checkout.session.completed", **outcome)


def customer_details(customer: Json | None) -> Json | None:
    """Return what a session shows of its buyer."""
    if customer is None:
        return None
    unknown = dict.fromkeys(("address", "business_name", "individual_name"))
    shown = {key: customer[key] for key in ("email", "name", "phone", "tax_exempt")}
    return unknown | shown | {"tax_ids": []}


def _session(given: Json, customer: Json | None, bought: Basket) -> Json:
    mode = given["mode"]
    shown = ("allow_promotion_codes", "cancel_url", "client_reference_id", "locale", "mode", "success_url")
    options = _options(given.get("payment_method_options", {}))
    return {
        **_WITHOUT,
        **{key: given[key] for key in shown if key in given},
        **taxes.shown_features(given),
        "invoice_creation": post_purchase.shown_creation(given),
        "object": "checkout.session",
        "amount_subtotal": bought.total,
        "amount_total": bought.total,
        "currency": bought.currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": customer["id"] if customer else None,
        "customer_creation": None if customer else {PAYMENT: "if_required", SUBSCRIPTION: "always"}[mode],
        "customer_details": customer_details(customer),
        "discounts": [],
        "livemode": False,
        "metadata": metadata_fields({}, given.get("metadata")),
        "payment_method_collection": given.get("payment_method_collection", _COLLECTION[mode]),
        "payment_method_options": options,
        "payment_method_types": _methods(mode, bought.currency, options),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": OPEN,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }


def _options(given: Json) -> Json:
    """Return the options of ways of paying, with what Stripe shows of each where nothing is said."""
    shown = {CARD: {"request_three_d_secure": "automatic"} | given.get(CARD, {})}
    return shown | ({WECHAT_PAY: {"app_id": None} | given[WECHAT_PAY]} if WECHAT_PAY in given else {})


def _methods(mode: str, currency_: str, options: Json) -> list[str]:
    """Return how a session can be paid: the wallets not for subscriptions, WeChat Pay only where it was prepared."""
    wallets = mode == PAYMENT and currency_ in WALLET_CURRENCIES
    wechat_pay = wallets and options.get(WECHAT_PAY, {}).get("client") == "web"
    return [CARD, *([ALIPAY] if wallets else []), *([WECHAT_PAY] if wechat_pay else [])]


def _refuse_data_of_other_mode(given: Json) -> None:
    for mode, key in _DATA_OF.items():
        if key in given and given["mode"] != mode:
            raise RefusedError(f"You can not pass `{key}` in `{given['mode']}` mode.", param=key)
    if given["mode"] == SUBSCRIPTION and "invoice_creation" in given:
        raise RefusedError("You can only enable invoice creation when `mode` is set to `payment`.")
    if given.get("invoice_creation", {}).get("enabled") and "customer" not in given:
        raise RefusedError("The sandbox makes invoices of payments for a `customer` that is named.", param="customer")
    if given["mode"] == PAYMENT and "payment_method_collection" in given:
        raise RefusedError("You can only set `payment_method_collection` in `subscription` mode.")
    if not given["line_items"]:
        raise missing("line_items")
    if given["mode"] == SUBSCRIPTION and WECHAT_PAY in given.get("payment_method_options", {}):
        raise RefusedError("WeChat Pay cannot be used in `subscription` mode.", param="payment_method_options")


def _expiry(uow: UnitOfWork, given: Json) -> int:
    expires_at = int(given.get("expires_at", uow.now + LONGEST))
    if not SHORTEST <= expires_at - uow.now <= LONGEST:
        raise RefusedError(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires_at

"""What customers may do in the portal (docs.stripe.com/api/customer_portal/configurations)."""

from sqlalchemy import select

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.params import (
    Clearable,
    ListParam,
    ParamReader,
    Params,
    address_of_page,
    boolean,
    choice,
    metadata,
    metadata_fields,
    natural,
    text,
)
from webapp.stripe_sandbox.resources.subscription.subscriptions import FEEDBACK
from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

_SWITCH = Params({"enabled": boolean}, frozenset({"enabled"}))
_PRORATION = choice("always_invoice", "create_prorations", "none")
_QUANTITY = Params({"enabled": boolean, "maximum": natural, "minimum": natural}, frozenset({"enabled"}))
_PRODUCT = Params(
    {"adjustable_quantity": _QUANTITY, "prices": ListParam(text), "product": text}, frozenset({"prices", "product"})
)
_CONDITION = Params({"type": choice("decreasing_item_amount", "shortening_interval")}, frozenset({"type"}))


def _offered(raw: Raw, name: str) -> Json:
    """Return a product whose prices customers may switch between, one of it unless something else is said."""
    given = _PRODUCT(raw, name)
    one = {"enabled": False, "maximum": None, "minimum": 1}
    return given | {"adjustable_quantity": one | given.get("adjustable_quantity", {})}


def _list_or_none(item: ParamReader) -> ParamReader:
    return Clearable(ListParam(item))


_FEATURES = Params(
    {
        "customer_update": Params(
            {
                "allowed_updates": _list_or_none(choice("address", "email", "name", "phone", "shipping", "tax_id")),
                "enabled": boolean,
            }
        ),
        "invoice_history": _SWITCH,
        "payment_method_update": _SWITCH,
        "subscription_cancel": Params(
            {
                "cancellation_reason": Params(
                    {"enabled": boolean, "options": _list_or_none(FEEDBACK)}, frozenset({"enabled"})
                ),
                "enabled": boolean,
                "mode": choice("at_period_end", "immediately"),
                "proration_behavior": _PRORATION,
            }
        ),
        "subscription_update": Params(
            {
                "billing_cycle_anchor": choice("now", "unchanged"),
                "default_allowed_updates": _list_or_none(choice("price", "promotion_code", "quantity")),
                "enabled": boolean,
                "products": _list_or_none(_offered),
                "proration_behavior": _PRORATION,
                "schedule_at_period_end": Params({"conditions": ListParam(_CONDITION)}),
                "trial_update_behavior": choice("continue_trial", "end_trial"),
            }
        ),
    }
)
_PROFILE = Params(
    {"headline": Clearable(text), "privacy_policy_url": address_of_page, "terms_of_service_url": address_of_page}
)
_TAKES: dict[str, ParamReader] = {
    "business_profile": _PROFILE,
    "default_return_url": Clearable(address_of_page),
    "features": _FEATURES,
    "login_page": _SWITCH,
    "metadata": metadata,
    "name": Clearable(text),
}
FIELDS = Params(_TAKES, frozenset({"features"}))
CHANGES = Params({"active": boolean, **_TAKES})
# What is allowed where nothing is said: nothing.
_CLOSED: Json = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "feedback_options": None, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": [],
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
# What a customer may do until the shop says otherwise.
_USUAL: Json = {
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True},
    "subscription_cancel": {"enabled": True},
}


def create(call: ApiCall) -> Json:
    """Keep a configuration."""
    return _make(call.uow, call.params, is_default=False)


def update(call: ApiCall) -> Json:
    """Change a configuration; features that are not named stay as they are."""
    uow = call.uow
    configuration = uow.get("billing_portal.configuration", call.object_id)
    if configuration["is_default"] and call.params.get("active") is False:
        raise RefusedError("The default configuration cannot be deactivated.", param="active")
    changed = _merged(configuration, call.params)
    _refuse_unknown_prices(uow, changed["features"])
    return uow.change(configuration, "billing_portal.configuration.updated", **changed | {"updated": uow.now})


def chosen(uow: UnitOfWork, configuration_id: str | None) -> Json:
    """Return the configuration of a new portal session: the one named, which must be active, else the default."""
    if configuration_id is None:
        return _default(uow)
    configuration = uow.get("billing_portal.configuration", configuration_id, "configuration")
    if not configuration["active"]:
        raise RefusedError("This configuration is not active.", param="configuration")
    return configuration


def _default(uow: UnitOfWork) -> Json:
    query = select(objects.c.body).where(
        objects.c.object == "billing_portal.configuration", objects.c.body["is_default"].as_boolean()
    )
    found: Json | None = uow.connection.scalar(query)
    return found or _make(uow, {"features": _USUAL}, is_default=True)


def _make(uow: UnitOfWork, given: Json, *, is_default: bool) -> Json:
    empty = {
        **uow.common_fields("billing_portal.configuration", new_id("bpc")),
        "active": True,
        "application": None,
        "business_profile": dict.fromkeys(("headline", "privacy_policy_url", "terms_of_service_url")),
        "default_return_url": None,
        "features": _CLOSED,
        "is_default": is_default,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": uow.now,
    }
    configuration = _merged(empty, given)
    _refuse_unknown_prices(uow, configuration["features"])
    uow.add(configuration)
    uow.announce("billing_portal.configuration.created", configuration)
    return configuration


def _merged(configuration: Json, given: Json) -> Json:
    """Return a configuration with what was given put over it, branch by branch."""
    merged = _over(configuration, {key: value for key, value in given.items() if key != "metadata"})
    return merged | {"metadata": metadata_fields(configuration["metadata"], given.get("metadata", {}))}


def _over(present: Json, given: Json) -> Json:
    over = dict(present)
    for key, value in given.items():
        before = present.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            over[key] = _over(before, value)
        else:
            over[key] = [] if value is None and isinstance(before, list) else value
    return over


def _refuse_unknown_prices(uow: UnitOfWork, features: Json) -> None:
    """Raise RefusedError when customers could switch to what there is not, or to nothing at all."""
    update_ = features["subscription_update"]
    if update_["enabled"] and not (update_["products"] and update_["default_allowed_updates"]):
        raise RefusedError(
            "You must specify products and default_allowed_updates to enable subscription_update.",
            param="features[subscription_update]",
        )
    for offered in update_["products"]:
        uow.living("product", offered["product"], "features[subscription_update][products]")
        for price in offered["prices"]:
            if uow.get("price", price, "features[subscription_update][products]")["product"] != offered["product"]:
                raise RefusedError(f"Price {price} is of another product.", param="features[subscription_update]")

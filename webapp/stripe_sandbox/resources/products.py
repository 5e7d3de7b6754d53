"""Products and their prices (docs.stripe.com/api/products, /prices)."""

from sqlalchemy import select

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.params import (
    Clearable,
    Params,
    address_of_page,
    boolean,
    choice,
    currency,
    metadata,
    metadata_fields,
    natural,
    positive,
    text,
)
from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import RefusedError, invalid, missing, refuse_between_steps
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

_INTERVALS = choice("day", "week", "month", "year")
_CLEARABLE = Clearable(text)
# What Stripe shows of a product, and is empty unless given.
_PRODUCT_WITHOUT = dict.fromkeys(
    (
        "default_price",
        "description",
        "package_dimensions",
        "shippable",
        "statement_descriptor",
        "tax_code",
        "tax_details",
        "unit_label",
        "url",
    )
)
# Likewise of a price.
_PRICE_WITHOUT = dict.fromkeys(("custom_unit_amount", "lookup_key", "nickname", "tiers_mode", "transform_quantity"))
PRODUCT = Params(
    {"active": boolean, "description": text, "metadata": metadata, "name": text, "url": address_of_page},
    frozenset({"name"}),
)
PRODUCT_CHANGES = Params(
    {
        "active": boolean,
        "default_price": text,
        "description": _CLEARABLE,
        "metadata": metadata,
        "name": text,
        "url": Clearable(address_of_page),
    }
)
PRODUCT_DATA = Params({"description": text, "metadata": metadata, "name": text}, frozenset({"name"}))
RECURRING = Params({"interval": _INTERVALS, "interval_count": positive}, frozenset({"interval"}))
_OPTION = Params({"unit_amount": natural}, frozenset({"unit_amount"}))


def _currency_options(raw: Raw, name: str) -> dict[str, int]:
    """Return what a price costs in other currencies, in minor units of each."""
    if not isinstance(raw, dict):
        raise invalid("hash", raw, name)
    options = {currency(code, name): _OPTION(option, f"{name}[{code}]") for code, option in raw.items()}
    return {code: option["unit_amount"] for code, option in options.items()}


PRICE = Params(
    {
        "active": boolean,
        "currency": currency,
        "currency_options": _currency_options,
        "lookup_key": text,
        "metadata": metadata,
        "nickname": text,
        "product": text,
        "product_data": Params({"active": boolean, "metadata": metadata, "name": text}, frozenset({"name"})),
        "recurring": RECURRING,
        "transfer_lookup_key": boolean,
        "unit_amount": natural,
    },
    frozenset({"currency"}),
)
PRICE_CHANGES = Params(
    {
        "active": boolean,
        "currency_options": _currency_options,
        "lookup_key": text,
        "metadata": metadata,
        "nickname": text,
        "transfer_lookup_key": boolean,
    }
)


def create_product(call: ApiCall) -> Json:
    """Make a product."""
    return make_product(call.uow, call.params)


def make_product(uow: UnitOfWork, given: Json) -> Json:
    """Keep a new product and tell of it."""
    return uow.add(
        {
            **_PRODUCT_WITHOUT,
            **uow.common_fields("product", new_id("prod")),
            "active": True,
            "images": [],
            "marketing_features": [],
            "type": "service",
            "updated": uow.now,
        }
        | given
        | {"metadata": metadata_fields({}, given.get("metadata"))},
        event="product.created",
    )


def update_product(call: ApiCall) -> Json:
    """Change a product."""
    product = call.uow.living("product", call.object_id)
    changes = call.changes_to(product) | {"updated": call.uow.now}
    if "default_price" in changes:
        call.uow.get("price", changes["default_price"], "default_price")
    return call.uow.change(product, "product.updated", **changes)


def create_price(call: ApiCall) -> Json:
    """Make a price, and its product where that is described instead of named."""
    given = dict(call.params)
    if "unit_amount" not in given:
        raise missing("unit_amount")
    _free_lookup_key(call.uow, given)
    return make_price(call.uow, given)


def make_price(uow: UnitOfWork, given: Json) -> Json:
    """Keep a new price and tell of it; `given` names its `product` or describes it in `product_data`."""
    product_data = given.pop("product_data", None)
    if (product_data is None) == ("product" not in given):
        raise RefusedError("You must specify either `product` or `product_data` when creating a price.")
    product = make_product(uow, product_data) if product_data else uow.living("product", given["product"], "product")
    recurring = given.pop("recurring", None)
    options = given.pop("currency_options", {})
    for code, amount in (options | {given["currency"]: given["unit_amount"]}).items():
        refuse_between_steps(amount, code)
    return uow.add(
        {
            **_PRICE_WITHOUT,
            "id": new_id("price"),
            "object": "price",
            "active": True,
            "billing_scheme": "per_unit",
            "created": uow.now,
            "livemode": False,
            "tax_behavior": "unspecified",
            "type": "recurring" if recurring else "one_time",
            "unit_amount_decimal": str(given["unit_amount"]),
        }
        | given
        | {
            "metadata": metadata_fields({}, given.get("metadata")),
            "product": product["id"],
            "recurring": _recurring(recurring) if recurring else None,
        },
        memo={"currency_options": options},
        event="price.created",
    )


def update_price(call: ApiCall) -> Json:
    """Change a price; what it costs never changes."""
    price = call.uow.get("price", call.object_id)
    changes = call.changes_to(price)
    options = changes.pop("currency_options", {})
    for code, amount in options.items():
        refuse_between_steps(amount, code)
    call.uow.note(price["id"], currency_options=call.uow.memo(price["id"]).get("currency_options", {}) | options)
    _free_lookup_key(call.uow, changes, price["id"])
    return call.uow.change(price, "price.updated", **changes)


def currency_options(uow: UnitOfWork, price: Json) -> Json:
    """Return what a price costs in each of its currencies, its own among them."""
    amounts = {price["currency"]: price["unit_amount"]} | uow.memo(price["id"]).get("currency_options", {})
    return {code: _option(price, amount) for code, amount in amounts.items()}


def price_in(uow: UnitOfWork, price: Json, code: str) -> Json:
    """Return a price as it stands in one of its currencies; raise RefusedError for another."""
    options = currency_options(uow, price)
    if code not in options:
        raise RefusedError(f"The price `{price['id']}` is not available in `{code}`.", param="currency")
    amounts = {key: options[code][key] for key in ("unit_amount", "unit_amount_decimal")}
    return price | amounts | {"currency": code}


def _option(price: Json, amount: int) -> Json:
    same = {"custom_unit_amount": None, "tax_behavior": price["tax_behavior"]}
    return same | {"unit_amount": amount, "unit_amount_decimal": str(amount)}


def plan_of(price: Json) -> Json:
    """Return a recurring price in the older shape that subscription items still carry beside it."""
    same = ("active", "billing_scheme", "created", "currency", "id", "livemode", "metadata", "nickname", "product")
    recurring = ("interval", "interval_count", "meter", "trial_period_days", "usage_type")
    return {
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "tiers_mode": None,
        "transform_usage": None,
        **{key: price[key] for key in same},
        **{key: price["recurring"][key] for key in recurring},
    }


def _recurring(given: Json) -> Json:
    return {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"} | given


def _free_lookup_key(uow: UnitOfWork, given: Json, own_id: str = "") -> None:
    """Take a lookup key from the price that has it, when asked to; else raises RefusedError when one has."""
    transfer = given.pop("transfer_lookup_key", False)
    key = given.get("lookup_key")
    if key is None:
        return
    query = select(objects.c.body).where(objects.c.lookup_key == key, objects.c.object == "price")
    for holder in uow.connection.scalars(query.where(objects.c.id != own_id)).all():
        if not transfer:
            raise RefusedError(f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key")
        uow.change(holder, "price.updated", lookup_key=None)

"""Customers (docs.stripe.com/api/customers)."""

from webapp.kit import randomness
from webapp.stripe_sandbox.params import Clearable, ListParam, Params, metadata, metadata_fields, text
from webapp.stripe_sandbox.resources.payment import payment_methods
from webapp.stripe_sandbox.resources.subscription import subscriptions
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import ApiCall, Json, UnitOfWork, new_id

_CLEARABLE = Clearable(text)
# What Stripe shows of a customer, and is empty unless given.
_WITHOUT = dict.fromkeys(
    (
        "address",
        "currency",
        "customer_account",
        "default_source",
        "description",
        "discount",
        "email",
        "name",
        "phone",
        "shipping",
        "test_clock",
    )
)
FIELDS = Params(
    {
        "description": _CLEARABLE,
        "email": _CLEARABLE,
        "metadata": metadata,
        "name": _CLEARABLE,
        "phone": _CLEARABLE,
        "preferred_locales": ListParam(text),
    }
)

CHANGES = Params({**FIELDS.takes, "invoice_settings": Params({"default_payment_method": _CLEARABLE})})


def create(call: ApiCall) -> Json:
    """Make a customer."""
    return make_customer(call.uow, call.params)


def make_customer(uow: UnitOfWork, given: Json) -> Json:
    """Keep a new customer and tell of it."""
    return uow.add(
        {
            **_WITHOUT,
            **uow.common_fields("customer", new_id("cus")),
            "balance": 0,
            "delinquent": False,
            "invoice_prefix": randomness.token(4).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "next_invoice_sequence": 1,
            "preferred_locales": [],
            "tax_exempt": "none",
        }
        | given
        | {"metadata": metadata_fields({}, given.get("metadata"))},
        event="customer.created",
    )


def update(call: ApiCall) -> Json:
    """Change a customer."""
    customer = call.uow.living("customer", call.object_id)
    changes = call.changes_to(customer)
    if "invoice_settings" in changes:
        method = changes["invoice_settings"].get("default_payment_method")
        if method is not None:
            payment_methods.of_customer(call.uow, method, customer["id"], "invoice_settings[default_payment_method]")
        changes["invoice_settings"] = customer["invoice_settings"] | changes["invoice_settings"]
    return call.uow.change(customer, "customer.updated", **changes)


def prefer_payment_method(uow: UnitOfWork, customer: Json, method: str | None) -> Json:
    """Set the way of paying that a customer is usually charged to."""
    settings = customer["invoice_settings"] | {"default_payment_method": method}
    return uow.change(customer, "customer.updated", invoice_settings=settings)


def delete(call: ApiCall) -> Json:
    """Delete a customer for good; its subscriptions end at once."""
    uow = call.uow
    customer = uow.living("customer", call.object_id)
    for subscription in uow.with_customer("subscription", customer["id"]):
        if subscriptions.is_running(subscription):
            subscriptions.end(uow, subscription)
    uow.announce("customer.deleted", customer)
    return uow.save({"id": customer["id"], "object": "customer", "deleted": True})


def bind_currency(uow: UnitOfWork, customer: Json, currency: str) -> Json:
    """Bill a customer in one currency from now on, as Stripe does; raise RefusedError where that is another."""
    refuse_other_currency(customer, currency)
    return uow.change(customer, "customer.updated", currency=currency)


def refuse_other_currency(customer: Json, currency: str) -> None:
    """Raise RefusedError where a customer is billed in another currency already."""
    if customer["currency"] not in {None, currency}:
        raise RefusedError(
            "You cannot combine currencies on a single customer. This customer has an active subscription, "
            f"subscription schedule, discount, quote, or invoice item with currency {customer['currency']}."
        )


def set_balance(uow: UnitOfWork, customer_id: str, balance: int) -> None:
    """Set what a customer has in credit (negative) or owes (positive) towards the next invoice, in minor units."""
    uow.change(uow.living("customer", customer_id), "customer.updated", balance=balance)


def set_delinquent(uow: UnitOfWork, customer_id: str, *, delinquent: bool) -> None:
    """Note whether the last charge made by itself failed; a deleted customer is left alone."""
    customer = uow.get("customer", customer_id)
    if not customer.get("deleted"):
        uow.change(customer, "customer.updated", delinquent=delinquent)


def next_invoice_number(uow: UnitOfWork, customer_id: str) -> str:
    """Return the number of a customer's next invoice and count it."""
    customer = uow.living("customer", customer_id)
    number = customer["next_invoice_sequence"]
    uow.save(customer, next_invoice_sequence=number + 1)
    return f"{customer['invoice_prefix']}-{number:04}"

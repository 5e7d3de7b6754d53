"""Changing what the sandbox holds to be true, field by field, as support or a script of the publisher's might."""

from collections.abc import Mapping
from typing import Any

from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import NOT_FOUND, RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

# docs.stripe.com/api/events/types: of sessions, payment intents and the rest no change is told as such.
_UPDATED = {
    "billing_portal.configuration": "billing_portal.configuration.updated",
    "charge": "charge.updated",
    "coupon": "coupon.updated",
    "customer": "customer.updated",
    "discount": "customer.discount.updated",
    "dispute": "charge.dispute.updated",
    "invoice": "invoice.updated",
    "payment_method": "payment_method.updated",
    "price": "price.updated",
    "product": "product.updated",
    "promotion_code": "promotion_code.updated",
    "refund": "refund.updated",
    "subscription": "customer.subscription.updated",
}
_IDENTITY = ("id", "object")  # by which the file finds an object


def find_object(uow: UnitOfWork, object_id: str) -> Json:
    """Return any object by its id alone; raise RefusedError when there is none."""
    kind = uow.connection.scalar(objects.select().with_only_columns(objects.c.object).where(objects.c.id == object_id))
    if kind is None:
        raise RefusedError(f"No such object: '{object_id}'", code="resource_missing", param="id", status=NOT_FOUND)
    return uow.get(kind, object_id)


def edit_object(uow: UnitOfWork, object_id: str, path: str, value: Any) -> Json:  # noqa: ANN401 - whatever JSON holds
    """Change one field of any object and tell of it, where Stripe has an event for that; return the object.

    `path` is like `metadata.purchase` or `items.data.0.quantity`. Nothing else follows: what was planned stays planned.
    """
    present = find_object(uow, object_id)
    field, *_inner = keys = path.split(".")
    if field in _IDENTITY:
        raise RefusedError(f"An object keeps its {field}.", param=path)
    changes = {field: _replaced(present, keys, value, path)[field]}
    event = _UPDATED.get(present["object"])
    return uow.change(present, event, **changes) if event else uow.save(present, **changes)


def edit_fields(uow: UnitOfWork, object_id: str, values: Mapping[str, object]) -> Json:
    """Change several fields of any object, one after the other, and return it."""
    for path, value in values.items():
        edit_object(uow, object_id, path, value)
    return find_object(uow, object_id)


def _replaced(branch: Any, keys: list[str], value: Any, path: str) -> Any:  # noqa: ANN401 - as above
    """Return a branch of an object with what stands at the keys replaced; raise RefusedError where there is no way."""
    if not keys:
        return value
    key, *inner = keys
    if isinstance(branch, dict):
        return branch | {key: _replaced(branch.get(key), inner, value, path)}
    if isinstance(branch, list) and key.isdecimal() and int(key) < len(branch):
        number = int(key)
        return [*branch[:number], _replaced(branch[number], inner, value, path), *branch[number + 1 :]]
    raise RefusedError(f"There is nothing at {path}: {key} has nothing to stand in.", param=path)

"""From a shop's own purchase to what was paid for it, for whoever wants to give it back or dispute it."""

import json
from collections.abc import Iterator

from sqlalchemy import func, or_, select

from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork


def payment_of_purchase(uow: UnitOfWork, purchase_id: str) -> str:
    """Return the latest payment intent that was paid for what names a purchase; raise RefusedError for none."""
    for bought in _naming(uow, purchase_id):
        for payment_intent in _payments(uow, bought):
            if uow.get("payment_intent", payment_intent)["status"] == "succeeded":
                return payment_intent
    raise RefusedError(f"Nothing was paid for purchase {purchase_id}.", param="purchase")


def _naming(uow: UnitOfWork, purchase_id: str) -> list[Json]:
    """Return the sessions and subscriptions that bear a purchase's id, the newest first."""
    holds = func.instr(objects.c.body, json.dumps(purchase_id)) > 0  # cheap, and true of few: the rest reads JSON
    notes = func.json_each(objects.c.body, "$.metadata").table_valued("value")
    named = select(notes.c.value).where(notes.c.value == purchase_id).exists()
    reference = func.json_extract(objects.c.body, "$.client_reference_id") == purchase_id
    kinds = objects.c.object.in_(("checkout.session", "subscription"))
    query = select(objects.c.body).where(kinds, holds, or_(reference, named)).order_by(objects.c.sequence.desc())
    return list(uow.connection.scalars(query))


def _payments(uow: UnitOfWork, bought: Json) -> Iterator[str]:
    """Yield what was to be paid for a session or a subscription, the latest first."""
    subscription = bought["id"] if bought["object"] == "subscription" else bought["subscription"]
    if subscription is None:
        yield from [bought["payment_intent"]] if bought["payment_intent"] else []
        return
    invoices = select(objects.c.id).where(objects.c.subscription == subscription, objects.c.object == "invoice")
    for invoice in uow.connection.scalars(invoices.order_by(objects.c.sequence.desc())).all():
        for payment in reversed(uow.owned(invoice, "invoice_payment")):
            yield from [payment["payment"]["payment_intent"]] if "payment_intent" in payment["payment"] else []

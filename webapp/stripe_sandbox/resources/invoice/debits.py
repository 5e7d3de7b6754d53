"""What was billed for a subscription's item and was not credited since; a credit is a share of that.

Source: docs.stripe.com/billing/subscriptions/prorations, "credit prorations", for the billing mode "flexible".
"""

from collections.abc import Iterator

from webapp.stripe_sandbox.resources.invoice.drafting import InvoicePart
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

_STANDING = ("draft", "open", "paid", "uncollectible")


def credits_for(uow: UnitOfWork, subscription: Json, items: list[Json], at: int) -> tuple[InvoicePart, ...]:
    """Return what is given back of these items from a moment on: nothing for what was never billed."""
    lines = list(_lines(uow, subscription))
    credited = {line_id for line in lines for line_id in _credited(line)}
    standing = [line for line in lines if line["amount"] > 0 and line["id"] not in credited]
    found = ((item, _debit(standing, item, at)) for item in items)
    return tuple(_credit(item, debit, at) for item, debit in found if debit)


def share(amount: int, at: int, start: int, end: int) -> int:
    """Return the share of an amount for a period that is left at a moment, by the second, rounded half up."""
    return (2 * amount * (end - at) + (end - start)) // (2 * (end - start))


def _lines(uow: UnitOfWork, subscription: Json) -> Iterator[Json]:
    """Yield the lines of a subscription's invoices, the newest first."""
    for invoice in uow.invoices_of(subscription["id"], *_STANDING):
        yield from reversed(invoice["lines"]["data"])


def _credited(line: Json) -> list[str]:
    named = line["parent"]["subscription_item_details"]["proration_details"]["credited_items"]
    return list(named["invoice_line_items"]) if named else []


def _debit(standing: list[Json], item: Json, at: int) -> Json | None:
    """Return the newest line that an item was billed by for a moment."""
    mine = (line for line in standing if line["parent"]["subscription_item_details"]["subscription_item"] == item["id"])
    return next((line for line in mine if line["period"]["start"] <= at < line["period"]["end"]), None)


def _credit(item: Json, debit: Json, at: int) -> InvoicePart:
    period = debit["period"]
    billed = debit["amount"] - sum(entry["amount"] for entry in debit["discount_amounts"])
    named = {"invoice": debit["invoice"], "invoice_line_items": [debit["id"]]}
    return InvoicePart(
        item, -share(billed, at, period["start"], period["end"]), at, period["end"], proration=True, credited=named
    )

"""A plain tax: one rate on everything for everybody, on top of the price; Stripe's depends on where the buyer is.

Sources: docs.stripe.com/tax/checkout and /tax/checkout/tax-ids.
"""

from decimal import ROUND_HALF_UP, Decimal

from webapp.kit import stripe_amounts
from webapp.stripe_sandbox.params import Params, boolean, choice
from webapp.stripe_sandbox.storage import recall, remember
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

TAX_RATE = "tax_rate"
USUAL_RATE = "6"  # percent, until another is set
_WHOLE = 100
_NOBODY = dict.fromkeys(
    ("address", "email", "individual_name", "phone", "tax_exempt")
)  # of a session without a customer
_KEPT = choice("auto", "never")
TAX_FIELDS = {
    "automatic_tax": Params({"enabled": boolean}, frozenset({"enabled"})),
    "customer_update": Params({"address": _KEPT, "name": _KEPT}),
    "tax_id_collection": Params({"enabled": boolean}, frozenset({"enabled"})),
}


def set_tax_rate(uow: UnitOfWork, percent: Decimal) -> None:
    """Reckon with another rate from now on."""
    remember(uow.connection, TAX_RATE, f"{percent:f}")


def tax_on(uow: UnitOfWork, amount: int, currency: str) -> int:
    """Return the tax on an amount in minor units, rounded half up."""
    exact = Decimal(recall(uow.connection, TAX_RATE) or USUAL_RATE) * amount / _WHOLE
    return stripe_amounts.round_to_step(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), currency)


def taxed_line(uow: UnitOfWork, line: Json) -> Json:
    """Return a line of an invoice with the tax on what discounts leave of it."""
    left = line["amount"] - sum(entry["amount"] for entry in line["discount_amounts"])
    tax = {
        "amount": tax_on(uow, left, line["currency"]),
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": "txr_sandbox"},
        "taxability_reason": "standard_rated",
        "taxable_amount": left,
        "type": "tax_rate_details",
    }
    return line | {"taxes": [tax]}


def total_taxes(lines: list[Json]) -> list[Json]:
    """Return the sums of the taxes on an invoice's lines: one, where there is any."""
    taxes = [tax for line in lines for tax in line["taxes"]]
    if not taxes:
        return []
    return [taxes[0] | {name: sum(tax[name] for tax in taxes) for name in ("amount", "taxable_amount")}]


def shown_automatic_tax(*, enabled: bool) -> Json:
    """Return what a session or an invoice shows of automatic tax."""
    if not enabled:
        return {"enabled": False, "liability": None, "provider": None, "status": None}
    return {"enabled": True, "liability": {"type": "self"}, "provider": "stripe", "status": "complete"}


def refuse_unkept(given: Json, customer: Json | None) -> None:
    """Raise RefusedError where tax needs something of a customer that the checkout may not keep on it."""
    updates = given.get("customer_update", {})
    if customer is None:
        if updates:
            raise RefusedError("`customer_update` can only be used with `customer`.", param="customer_update")
        return
    if _wants(given, "automatic_tax") and not customer["address"] and updates.get("address") != "auto":
        raise RefusedError(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to "
            "the Customer or set `customer_update[address]` to 'auto'.",
            code="customer_tax_location_invalid",
        )
    if _wants(given, "tax_id_collection") and updates.get("name") != "auto":
        raise RefusedError(
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an "
            "existing customer, please set `customer_update[name]` to `auto`.",
            param="customer_update[name]",
        )


def _wants(given: Json, feature: str) -> bool:
    return bool(given.get(feature, {}).get("enabled"))


def shown_features(given: Json) -> Json:
    """Return what a new session shows of tax."""
    shown: Json = {"automatic_tax": shown_automatic_tax(enabled=_wants(given, "automatic_tax"))}
    if _wants(given, "tax_id_collection"):
        shown["tax_id_collection"] = {"enabled": True, "required": "never"}
    return shown


def note_company(uow: UnitOfWork, session: Json, company: str, tax_id: str) -> Json:
    """Keep the company and the tax id that a buyer typed in, on the session and its customer; return the session."""
    if not tax_id or not session.get("tax_id_collection"):
        return session
    tax_ids = [{"type": "eu_vat" if tax_id[:2].isalpha() else "cn_tin", "value": tax_id}]
    if session["customer"]:
        customer = uow.living("customer", session["customer"])
        uow.note(customer["id"], tax_ids=tax_ids)
        uow.change(customer, "customer.updated", name=company or None)
    details = {"business_name": company or None, "name": company or None, "tax_ids": tax_ids}
    return uow.save(session, customer_details=(session["customer_details"] or _NOBODY) | details)


def tax_ids_of(uow: UnitOfWork, customer: Json) -> list[Json]:
    """Return the tax ids that a customer has typed in."""
    return list(uow.memo(customer["id"]).get("tax_ids", []))

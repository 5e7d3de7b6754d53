"""What Stripe says of tax on a bill or at the checkout, and of the company that pays it."""

from collections.abc import Iterable
from typing import Any

from webapp.billing.gateway.facts import TaxFacts
from webapp.billing.gateway.json_values import parse_amount, parse_money

Json = dict[str, Any]


def parse_invoice_tax(invoice: Json) -> TaxFacts:
    """Return the tax of an invoice; its customer's name is a company's where there is a tax id."""
    tax_ids = _values(invoice.get("customer_tax_ids"))
    amount = sum(parse_amount(entry["amount"]) for entry in invoice.get("total_taxes") or ())
    company = str(invoice.get("customer_name") or "") if tax_ids else ""
    return TaxFacts(parse_money(amount, invoice["currency"]), company, tax_ids)


def parse_session_tax(session: Json) -> TaxFacts:
    """Return the tax of a Checkout session."""
    buyer = session.get("customer_details") or {}
    tax_ids = _values(buyer.get("tax_ids"))
    amount = (session.get("total_details") or {}).get("amount_tax") or 0
    company = buyer.get("business_name") or (buyer.get("name") if tax_ids else "")
    return TaxFacts(parse_money(amount, session["currency"]), str(company or ""), tax_ids)


def _values(tax_ids: Iterable[Json] | None) -> tuple[str, ...]:
    return tuple(str(one["value"]) for one in tax_ids or () if one["value"])

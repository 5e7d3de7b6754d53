"""What is true of a target now: fetched whole, read into facts, and kept as it came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from webapp.billing.gateway.client import PAGE, Gateway, to_json
from webapp.billing.gateway.facts import TargetFacts, TargetType
from webapp.billing.gateway.invoice_parser import open_payments_of, payments_of
from webapp.billing.gateway.json_parser import Json, invoices_reaching, parse_facts, reading
from webapp.billing.gateway.targets import SyncTarget
from webapp.kit import clock

if TYPE_CHECKING:
    import stripe
    from stripe.params import InvoiceListParams

REACH_DAYS = 400
LAST_PAID = 12


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A target as Stripe has it now; `raw` is the JSON behind the facts, for nothing but to be stored."""

    facts: TargetFacts
    raw: object


def fetch_snapshot(gateway: Gateway, target: SyncTarget) -> Snapshot:
    """Return the target and what hangs on it, as Stripe has them now; raise UnreadableError."""
    with reading(target.id):
        match target.type:
            case TargetType.SUBSCRIPTION:
                raw = _subscription(gateway, target.id, target.payment_intent)
            case TargetType.CHECKOUT:
                raw = _checkout(gateway, target.id)
            case _:
                with gateway.calling():
                    raw = {"customer": to_json(gateway.client.v1.customers.retrieve(target.id))}
    return Snapshot(parse_facts(target.type, raw), raw)


def _checkout(gateway: Gateway, session_id: str) -> Json:
    """Return a session with its payment intent (its latest charge in full), refunds and disputes."""
    with gateway.calling():
        session = to_json(gateway.client.v1.checkout.sessions.retrieve(session_id, {"expand": ["line_items"]}))
    payment_id = session["payment_intent"]
    payment = None
    if payment_id:
        with gateway.calling():
            payment = to_json(gateway.client.v1.payment_intents.retrieve(payment_id, {"expand": ["latest_charge"]}))
    return {"session": session, "payment_intent": payment} | _afterwards(gateway, [payment_id] if payment_id else [])


def _subscription(gateway: Gateway, subscription_id: str, payment_intent: str | None) -> Json:
    """Return a subscription with its bills and their payments, as far back as one may reach into the present.

    Refunds and disputes are those of bills that do, of the last ones paid before, back to one that was not given back,
    and of `payment_intent`; payment intents those of open bills.
    """
    with gateway.calling():
        subscription = to_json(gateway.client.v1.subscriptions.retrieve(subscription_id))
        invoices = list(_invoices(gateway, subscription))
    with gateway.calling():
        intents = {
            one: to_json(gateway.client.v1.payment_intents.retrieve(one))
            for invoice in invoices
            for one in open_payments_of(invoice)
        }
    present = {one for invoice in invoices_reaching(subscription, invoices) for one in payments_of(invoice)}
    after = _back_to_one_kept(gateway, invoices, present | ({payment_intent} if payment_intent else set()))
    refunded = {one["payment_intent"] for one in after["refunds"]}
    for invoice in invoices:
        if invoice.get("post_payment_credit_notes_amount") and refunded & payments_of(invoice).keys():
            invoice["credit_notes"] = _credit_notes(gateway, invoice["id"])
    return {"subscription": subscription, "invoices": invoices, "payment_intents": intents} | after


def _back_to_one_kept(gateway: Gateway, invoices: list[Json], payment_intents: set[str]) -> Json:
    """Return the refunds and disputes of payments, and of what was paid last before, back to what was not refunded."""
    after, asked = _afterwards(gateway, sorted(payment_intents)), set(payment_intents)
    for payments in filter(None, map(payments_of, invoices)):
        more = _afterwards(gateway, [one for one in payments if one not in asked])
        after = {kind: after[kind] + more[kind] for kind in after}
        asked |= payments.keys()
        about = [one for one in after["refunds"] if one["payment_intent"] in payments and one["status"] == "succeeded"]
        if sum(one["amount"] for one in about) < sum(payments.values()):
            break
    return after


def _invoices(gateway: Gateway, subscription: Json) -> Iterator[Json]:
    """Yield bills, the newest first, each with all of its lines; of older ones those that were paid last."""
    longest = max(_days(item["price"].get("recurring") or {}) for item in subscription["items"]["data"])
    since = int((clock.now() - timedelta(days=longest)).timestamp())
    asked: InvoiceListParams = {"subscription": subscription["id"], "expand": ["data.payments"], "limit": PAGE}
    listed = gateway.client.v1.invoices.list({**asked, "created": {"gte": since}})
    found = {one.id: to_json(one) for one in listed.auto_paging_iter()}
    if subscription["start_date"] < since:
        paid = gateway.client.v1.invoices.list({**asked, "status": "paid", "limit": LAST_PAID})
        found |= {one.id: to_json(one) for one in paid.data if one.id not in found}
    for invoice in sorted(found.values(), key=lambda one: one["created"], reverse=True):
        if invoice["lines"]["has_more"]:
            lines = gateway.client.v1.invoices.line_items.list(invoice["id"], {"limit": PAGE})
            invoice["lines"]["data"] = [to_json(line) for line in lines.auto_paging_iter()]
        yield invoice


def _credit_notes(gateway: Gateway, invoice_id: str) -> list[Json]:
    """Return the credit notes of a bill: which of them gave credit, and which are no more than its refunds."""
    with gateway.calling():
        page = gateway.client.v1.credit_notes.list({"invoice": invoice_id, "limit": PAGE})
        return [to_json(one) for one in page.auto_paging_iter()]


def _days(recurring: Json) -> int:
    """Return for how long a bill of before may reach: a year and a month, or as long as what is paid for lasts."""
    each = {"day": 1, "week": 7, "month": 31, "year": 366}.get(str(recurring.get("interval")), 366)
    return max(REACH_DAYS, each * int(recurring.get("interval_count") or 1) + 31)


def _afterwards(gateway: Gateway, payment_intents: list[str]) -> Json:
    refunds, disputes = gateway.client.v1.refunds, gateway.client.v1.disputes
    return {
        "refunds": _all_about(gateway, refunds, payment_intents),
        "disputes": _all_about(gateway, disputes, payment_intents),
    }


def _all_about(
    gateway: Gateway, listed: "stripe.RefundService | stripe.DisputeService", payment_intents: list[str]
) -> list[Json]:
    found: list[Json] = []
    for payment_intent in payment_intents:
        with gateway.calling():
            page = listed.list({"payment_intent": payment_intent, "limit": PAGE})
            found += [to_json(one) for one in page.auto_paging_iter()]
    return found

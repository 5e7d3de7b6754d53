"""What is true of a target now: fetched whole, read into facts, and kept as it came."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webapp.billing.gateway.client import PAGE, Gateway, to_json
from webapp.billing.gateway.facts import TargetFacts, TargetType
from webapp.billing.gateway.json_parser import Json, find_present_payments, parse_facts
from webapp.billing.gateway.targets import SyncTarget

if TYPE_CHECKING:
    import stripe
    from stripe.params import InvoiceListParams

RECENT_INVOICES = 12


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A target as Stripe has it now; `raw` is the JSON behind the facts, for nothing but to be stored."""

    facts: TargetFacts
    raw: object


def fetch_snapshot(gateway: Gateway, target: SyncTarget) -> Snapshot:
    """Return the target and what hangs on it, as Stripe has them now."""
    match target.type:
        case TargetType.SUBSCRIPTION:
            raw = _subscription(gateway, target.id, target.payment_intent)
        case TargetType.CHECKOUT:
            raw = _checkout(gateway, target.id)
        case TargetType.CUSTOMER:
            with gateway.calling():
                raw = {"customer": to_json(gateway.client.v1.customers.retrieve(target.id))}
    return Snapshot(parse_facts(target.type, raw), raw)


def _checkout(gateway: Gateway, session_id: str) -> Json:
    """Return a session with its payment intent (its latest charge in full), refunds and disputes."""
    with gateway.calling():
        session = to_json(gateway.client.v1.checkout.sessions.retrieve(session_id))
    payment_id = session["payment_intent"]
    payment = None
    if payment_id:
        with gateway.calling():
            payment = to_json(gateway.client.v1.payment_intents.retrieve(payment_id, {"expand": ["latest_charge"]}))
    return {"session": session, "payment_intent": payment} | _afterwards(gateway, [payment_id] if payment_id else [])


def _subscription(gateway: Gateway, subscription_id: str, payment_intent: str | None) -> Json:
    """Return a subscription with its newest invoices and their payments, the newest paid ones, and all open ones.

    Refunds and disputes are those of the present period's payments, and of `payment_intent`.
    """
    with gateway.calling():
        subscription = to_json(gateway.client.v1.subscriptions.retrieve(subscription_id))
        invoices = _invoices(gateway, subscription_id)
    after = _afterwards(gateway, sorted(filter(None, {*find_present_payments(invoices), payment_intent})))
    return {"subscription": subscription, "invoices": invoices} | after


def _invoices(gateway: Gateway, subscription_id: str) -> list[Json]:
    """Return the newest, and behind them the older ones that are still owed, or that paid for the present time."""
    mine: InvoiceListParams = {"subscription": subscription_id, "expand": ["data.payments"]}
    newest = gateway.client.v1.invoices.list({**mine, "limit": RECENT_INVOICES})
    found = {invoice.id: invoice for invoice in newest.data}
    if newest.has_more:
        owed = gateway.client.v1.invoices.list({**mine, "status": "open", "limit": PAGE})
        paid = gateway.client.v1.invoices.list({**mine, "status": "paid", "limit": RECENT_INVOICES})
        found |= {invoice.id: invoice for invoice in (*owed.data, *paid.data) if invoice.id not in found}
    return [to_json(invoice) for invoice in found.values()]


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

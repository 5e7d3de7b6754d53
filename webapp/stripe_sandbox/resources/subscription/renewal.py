"""Renewal: the period moves on, a draft is written, and an hour later it is charged.

Source: docs.stripe.com/billing/subscriptions/webhooks, docs.stripe.com/billing/invoices/subscription.
"""

from webapp.stripe_sandbox.billing_periods import Cycle
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.resources.invoice import drafting, invoices
from webapp.stripe_sandbox.resources.subscription import (
    dunning,
    pause_collection,
    payment_status,
    subscriptions,
    trials,
)
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

ADVANCE = "advance_invoice"
DRAFT_LIFE = 60 * 60
_RENEWS = ("active", "trialing", *payment_status.BEHIND)


def renew_when_due(uow: UnitOfWork, subscription_id: str) -> None:
    """Move a subscription on, unless an end was chosen for this moment or its trial ends it."""
    subscription = uow.get("subscription", subscription_id)
    ends = subscription["cancel_at"] is not None and subscription["cancel_at"] <= uow.now
    if ends or subscription["status"] not in _RENEWS:
        return
    if subscription["status"] == trials.TRIALING and trials.stops_without_card(uow, subscription):
        return
    _renew(uow, subscription)


def advance_when_due(uow: UnitOfWork, invoice_id: str) -> None:
    """Finalize a draft whose hour is over and charge it, unless it is to be left alone since."""
    invoice = uow.get("invoice", invoice_id)
    if not invoice["auto_advance"]:
        return
    if invoice["status"] == "draft":
        invoice = invoices.finalize_draft(uow, invoice)
    if invoice["status"] == "open" and not invoice["attempted"]:
        dunning.collect_renewal(uow, invoice)


def next_period(subscription: Json) -> Json:
    """Return a subscription's items in the period that follows the present one, counted from the anchor."""
    items = subscription["items"]
    moved = [item | _following(subscription["billing_cycle_anchor"], item) for item in items["data"]]
    return list_of(moved, items["url"])


def _renew(uow: UnitOfWork, subscription: Json) -> None:
    bill_id = new_id("in")
    since = subscription["items"]["data"][0]["current_period_start"]
    trial_is_over = subscription["status"] == trials.TRIALING
    renewed = uow.change(
        subscription,
        "customer.subscription.updated",
        items=next_period(subscription),
        latest_invoice=bill_id,
        status="active" if trial_is_over else subscription["status"],
    )
    subscriptions.plan_renewal(uow, renewed)
    _bill(uow, renewed, bill_id, since)


def _bill(uow: UnitOfWork, subscription: Json, bill_id: str, since: int) -> None:
    """Write the draft of a period; what is unpaid or on pause is not collected."""
    collected = subscription["status"] != payment_status.UNPAID and subscription["pause_collection"] is None
    finalizes_at = uow.now + DRAFT_LIFE if collected else None
    bill = drafting.Bill(bill_id, drafting.RENEWAL, since=since, finalizes_at=finalizes_at, advances=collected)
    draft = invoices.draft(uow, subscription, bill)
    if finalizes_at is not None:
        uow.remind(finalizes_at, ADVANCE, bill_id)
    elif subscription["pause_collection"]:
        pause_collection.set_aside(uow, subscription, draft)


def _following(anchor: int, item: Json) -> Json:
    recurring, start = item["price"]["recurring"], item["current_period_end"]
    end = Cycle(anchor, recurring["interval"], recurring["interval_count"]).next_after(start)
    return {"current_period_start": start, "current_period_end": end}

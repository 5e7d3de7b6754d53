"""Renewal: the period moves on, and a draft is written for the next.

Source: docs.stripe.com/billing/subscriptions/webhooks, docs.stripe.com/billing/invoices/subscription.
"""

from dataclasses import replace

from webapp.stripe_sandbox.billing_periods import Cycle
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.resources.invoice import drafting
from webapp.stripe_sandbox.resources.subscription import (
    collecting,
    pause_collection,
    payment_status,
    subscriptions,
    trials,
)
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork, new_id

_RENEWS = ("active", "trialing", *payment_status.BEHIND)


def renew_when_due(uow: UnitOfWork, subscription_id: str) -> None:
    """Move a subscription on, unless an end was chosen for this moment or its trial ends it."""
    subscription = uow.get("subscription", subscription_id)
    if not _runs_on(uow, subscription):
        return
    if subscription["status"] == trials.TRIALING and trials.lacks_card(uow, subscription):
        trials.stop_without_card(uow, subscription)
        return
    _renew(uow, subscription)


def upcoming_invoice(uow: UnitOfWork, subscription: Json, bill_id: str) -> Json | None:
    """Return the draft that the next renewal would write if nothing changed until then; None where there is none."""
    later = replace(uow, now=subscriptions.period_end(subscription))
    stops = subscription["status"] == trials.TRIALING and trials.lacks_card(uow, subscription)
    if stops or not _runs_on(later, subscription):
        return None
    with uow.rehearsal():
        renewed = subscription | _renewed(subscription, bill_id)
        bill = replace(_bill(later, renewed, _since(subscription)), reason=drafting.UPCOMING_REASON)
        return drafting.drafted(later, renewed, bill)


def announce_upcoming(uow: UnitOfWork, subscription_id: str) -> None:
    """Tell of the invoice that the next renewal will write: it is none yet, so it has no id."""
    invoice = upcoming_invoice(uow, uow.get("subscription", subscription_id), "")
    if invoice:
        lines = [line | {"invoice": None} for line in invoice["lines"]["data"]]
        listed = list_of(lines, f"/v1/invoices/upcoming/lines?subscription={subscription_id}")
        shown = {key: value for key, value in invoice.items() if key != "id"}
        uow.announce("invoice.upcoming", shown | {"lines": listed})


def next_period(subscription: Json) -> Json:
    """Return a subscription's items in the period that follows the present one, counted from the anchor."""
    items = subscription["items"]
    moved = [item | _following(subscription["billing_cycle_anchor"], item) for item in items["data"]]
    return list_of(moved, items["url"])


def _runs_on(uow: UnitOfWork, subscription: Json) -> bool:
    ends = subscription["cancel_at"] is not None and subscription["cancel_at"] <= uow.now
    return not ends and subscription["status"] in _RENEWS


def _renew(uow: UnitOfWork, subscription: Json) -> None:
    changes = _renewed(subscription, new_id("in"))
    renewed = uow.change(subscription, "customer.subscription.updated", **changes)
    subscriptions.plan_renewal(uow, renewed)
    bill = _bill(uow, renewed, _since(subscription))
    draft = collecting.write_draft(uow, renewed, bill)
    if bill.finalizes_at is None and renewed["pause_collection"]:
        pause_collection.set_aside(uow, renewed, draft)


def _renewed(subscription: Json, bill_id: str) -> Json:
    """Return what is new of a subscription in its next period."""
    status = "active" if subscription["status"] == trials.TRIALING else subscription["status"]
    return {"items": next_period(subscription), "latest_invoice": bill_id, "status": status}


def _since(subscription: Json) -> int:
    return int(subscription["items"]["data"][0]["current_period_start"])


def _bill(uow: UnitOfWork, subscription: Json, since: int) -> drafting.Bill:
    """Return what the invoice of a period is to be; what is unpaid or on pause is not collected."""
    collected = subscription["status"] != payment_status.UNPAID and subscription["pause_collection"] is None
    return drafting.Bill(
        subscription["latest_invoice"],
        drafting.RENEWAL,
        since=since,
        finalizes_at=uow.now + collecting.HOUR if collected else None,
        advances=collected,
    )


def _following(anchor: int, item: Json) -> Json:
    recurring, start = item["price"]["recurring"], item["current_period_end"]
    end = Cycle(anchor, recurring["interval"], recurring["interval_count"]).next_after(start)
    return {"current_period_start": start, "current_period_end": end}

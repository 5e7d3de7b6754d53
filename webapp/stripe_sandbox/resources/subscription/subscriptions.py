"""Subscriptions that run: how they change and end (docs.stripe.com/api/subscriptions)."""

from sqlalchemy import ColumnElement, func, true

from webapp.stripe_sandbox.billing_periods import DAY
from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.list_endpoint import Filter
from webapp.stripe_sandbox.params import Clearable, Params, boolean, choice, integer, metadata, metadata_fields, text
from webapp.stripe_sandbox.storage import objects, recall
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

END, RENEW, COLLECT_AGAIN = "end_subscription", "renew_subscription", "collect_again"
UPCOMING, UPCOMING_DAYS = "announce_upcoming_invoice", "upcoming_days"
PERIOD_ENDS = ("min_period_end", "max_period_end")
ENDED_STATUSES = ("canceled", "incomplete_expired")
STATUSES = ("active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid")
FEEDBACK = choice(
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)
CANCELLATION_DETAILS = Params({"comment": Clearable(text), "feedback": Clearable(FEEDBACK)})


def _moment_or_period_end(raw: Raw, name: str) -> int | str:
    return raw if isinstance(raw, str) and raw in PERIOD_ENDS else integer(raw, name)


CHANGES = Params(
    {
        "cancel_at": Clearable(_moment_or_period_end),
        "cancel_at_period_end": boolean,
        "cancellation_details": CANCELLATION_DETAILS,
        "metadata": metadata,
    }
)


def activate(uow: UnitOfWork, subscription: Json) -> Json:
    """Open a subscription whose first invoice was paid."""
    return uow.change(subscription, "customer.subscription.updated", status="active")


def expire_incomplete(uow: UnitOfWork, subscription: Json) -> Json:
    """Give up a subscription whose first invoice was never paid."""
    uow.forget_all(subscription["id"])
    changes = {"ended_at": uow.now, "status": "incomplete_expired"}
    return uow.change(subscription, "customer.subscription.updated", **changes)


def plain_changes(uow: UnitOfWork, subscription: Json, params: Json) -> Json:
    """Return what a request changes about a subscription's end, and our notes on it; raise RefusedError."""
    _refuse_change(subscription, params)
    changes = _new_end(uow, subscription, params)
    if "metadata" in params:
        changes["metadata"] = metadata_fields(subscription["metadata"], params["metadata"])
    if "cancellation_details" in params:
        present = changes.get("cancellation_details", subscription["cancellation_details"])
        changes["cancellation_details"] = present | params["cancellation_details"]
    return changes


def end(uow: UnitOfWork, subscription: Json, details: Json | None = None) -> Json:
    """End a subscription now and tell of it; its invoices are no longer collected."""
    uow.forget_all(subscription["id"])
    reason = {"reason": "cancellation_requested"}
    ended = uow.transition(
        subscription,
        "customer.subscription.deleted",
        canceled_at=subscription["canceled_at"] or uow.now,
        cancellation_details=subscription["cancellation_details"] | reason | (details or {}),
        ended_at=uow.now,
        status="canceled",
    )
    stop_collecting(uow, ended)
    return ended


def stop_collecting(uow: UnitOfWork, subscription: Json) -> None:
    """Leave a subscription's drafts and open invoices as they are, until somebody pays them."""
    for invoice in uow.invoices_of(subscription["id"], "draft", "open"):
        left = {"auto_advance": False, "automatically_finalizes_at": None, "next_payment_attempt": None}
        uow.change(invoice, "invoice.updated", **left)


def plan_renewal(uow: UnitOfWork, subscription: Json) -> None:
    """Write the end of the present period into the agenda, and the news of it some days before."""
    uow.remind(period_end(subscription), RENEW, subscription["id"])
    news_at = period_end(subscription) - int(recall(uow.connection, UPCOMING_DAYS) or 7) * DAY
    if news_at > uow.now:
        uow.remind(news_at, UPCOMING, subscription["id"])
    else:
        uow.forget(UPCOMING, subscription["id"])


def end_subscription_when_due(uow: UnitOfWork, subscription_id: str) -> None:
    """End a subscription whose chosen end has come."""
    end(uow, uow.get("subscription", subscription_id))


def end_at_period_end(uow: UnitOfWork, subscription: Json) -> Json:
    """Let a subscription run to the end of what is paid, as Stripe's portal does: `cancel_at`, without the flag."""
    at = period_end(subscription)
    return uow.change(subscription, "customer.subscription.updated", **_ending(uow, subscription, at, flag=False))


def end_with_new_period(uow: UnitOfWork, subscription: Json) -> Json:
    """Return what changes when a subscription shall end with its period, and that period has become another."""
    return _ending(uow, subscription, period_end(subscription), flag=True)


def undo_cancellation(uow: UnitOfWork, subscription: Json) -> Json:
    """Take a chosen end back."""
    return uow.change(subscription, "customer.subscription.updated", **_not_ending(uow, subscription))


def is_running(subscription: Json) -> bool:
    """Whether a subscription has not ended."""
    return subscription["status"] not in ENDED_STATUSES


def with_status(status: str) -> ColumnElement[bool]:
    """Return the condition of a list's `status`: one of them, "all", or "ended"."""
    shown = func.json_extract(objects.c.body, "$.status")
    return {"all": true(), "ended": shown.in_(ENDED_STATUSES)}.get(status, shown == status)


def running_unless_asked(params: Json) -> list[ColumnElement[bool]]:
    """Return the condition that leaves cancelled subscriptions out of a list that names no status."""
    return [] if "status" in params else [func.json_extract(objects.c.body, "$.status") != "canceled"]


STATUS_FILTER = Filter(choice(*STATUSES, "all", "ended"), with_status)


def _refuse_change(subscription: Json, params: Json) -> None:
    if not is_running(subscription) and params.keys() - {"cancellation_details", "metadata"}:
        raise RefusedError("A canceled subscription can only update its cancellation_details and metadata.")
    if params.get("cancel_at") and params.get("cancel_at_period_end"):
        raise RefusedError("You cannot set both `cancel_at` and `cancel_at_period_end`.", param="cancel_at_period_end")


def _new_end(uow: UnitOfWork, subscription: Json, params: Json) -> Json:
    """Return what changes about a subscription's end."""
    if params.get("cancel_at_period_end"):
        return _ending(uow, subscription, period_end(subscription), flag=True)
    if params.get("cancel_at") is not None:
        at = params["cancel_at"]
        return _ending(uow, subscription, period_end(subscription) if at in PERIOD_ENDS else at, flag=False)
    asked = "cancel_at" in params or "cancel_at_period_end" in params
    return _not_ending(uow, subscription) if asked else {}


def _ending(uow: UnitOfWork, subscription: Json, at: int, *, flag: bool) -> Json:
    if at <= uow.now:
        raise RefusedError("cancel_at must be a timestamp in the future.", param="cancel_at")
    uow.remind(at, END, subscription["id"])
    details = subscription["cancellation_details"] | {"reason": "cancellation_requested"}
    return {"cancel_at": at, "cancel_at_period_end": flag, "canceled_at": uow.now, "cancellation_details": details}


def _not_ending(uow: UnitOfWork, subscription: Json) -> Json:
    uow.forget(END, subscription["id"])
    return {
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": dict.fromkeys(subscription["cancellation_details"]),
    }


def period_end(subscription: Json) -> int:
    """Return when the first of a subscription's items comes to the end of its period."""
    return min(int(item["current_period_end"]) for item in subscription["items"]["data"])

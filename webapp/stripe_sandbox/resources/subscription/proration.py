"""Switching a subscription to other prices or another trial, and what that comes to.

Source: docs.stripe.com/billing/subscriptions/change-price, /billing/subscriptions/prorations.
"""

from dataclasses import dataclass

from webapp.stripe_sandbox.billing_periods import Cycle
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.params import Params, positive, text
from webapp.stripe_sandbox.resources.checkout_session.line_items import rhythm
from webapp.stripe_sandbox.resources.invoice import drafting
from webapp.stripe_sandbox.resources.invoice.drafting import InvoicePart
from webapp.stripe_sandbox.resources.products import plan_of
from webapp.stripe_sandbox.resources.subscription.trials import TRIALING
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

ITEM = Params({"id": text, "price": text, "quantity": positive}, frozenset({"id"}))
NOW = "now"
ALWAYS_INVOICE, CREATE_PRORATIONS, NONE = "always_invoice", "create_prorations", "none"


@dataclass(frozen=True, slots=True)
class Switch:
    """What a change comes to: the subscription's keys that become others, and what is billed at once."""

    changes: Json
    parts: tuple[InvoicePart, ...] = ()


def reckon(uow: UnitOfWork, subscription: Json, params: Json) -> Switch:
    """Return what other `items` or another `trial_end` come to; raise RefusedError."""
    if "items" in params and "trial_end" in params:
        raise RefusedError("The sandbox changes either `items` or `trial_end` in one request.", param="trial_end")
    if "items" in params:
        return _other_items(uow, subscription, params)
    if "trial_end" in params:
        return _other_trial(uow, subscription, params)
    return Switch({})


def afresh(uow: UnitOfWork, subscription: Json, items: list[Json]) -> Switch:
    """Return what it comes to when a period of these items begins now, at their full price."""
    started = [item | _period_from(uow.now, item["price"]) for item in items]
    changes = {"billing_cycle_anchor": uow.now, "items": _listed(subscription, started)}
    return Switch(changes, drafting.present_period(changes | {"items": changes["items"]}))


def _other_items(uow: UnitOfWork, subscription: Json, params: Json) -> Switch:
    before = subscription["items"]["data"]
    after = _replaced(uow, subscription, params["items"])
    if subscription["status"] in (TRIALING, "paused"):
        return Switch({"items": _listed(subscription, after)})
    prorates = _prorates(params)
    if rhythm(after[0]["price"]) != rhythm(before[0]["price"]):
        fresh = afresh(uow, subscription, after)
        return Switch(fresh.changes, (*(_credits(uow, before) if prorates else ()), *fresh.parts))
    gone = [old for old, new in zip(before, after, strict=True) if old != new]
    come = [new for old, new in zip(before, after, strict=True) if old != new]
    parts = (*_credits(uow, gone), *(_rest(uow, item, 1) for item in come)) if prorates else ()
    return Switch({"items": _listed(subscription, after)}, parts)


def _other_trial(uow: UnitOfWork, subscription: Json, params: Json) -> Switch:
    until, items = params["trial_end"], subscription["items"]["data"]
    in_trial = subscription["status"] == TRIALING
    if until == NOW:
        fresh = afresh(uow, subscription, items)
        ended = {"status": "active", "trial_end": uow.now}
        return Switch(fresh.changes | ended, fresh.parts) if in_trial else Switch({})
    if until <= uow.now:
        raise RefusedError("trial_end must be a timestamp in the future.", param="trial_end")
    credits_ = _credits(uow, items) if not in_trial and _prorates(params) else ()
    start = {} if in_trial else {"current_period_start": uow.now}
    changes = {
        "billing_cycle_anchor": until,
        "items": _listed(subscription, [item | start | {"current_period_end": until} for item in items]),
        "status": TRIALING,
        "trial_end": until,
        "trial_start": subscription["trial_start"] if in_trial else uow.now,
    }
    return Switch(changes, credits_)


def _prorates(params: Json) -> bool:
    behaviour = params.get("proration_behavior", CREATE_PRORATIONS)
    if behaviour == CREATE_PRORATIONS:
        raise RefusedError(
            "The sandbox bills prorations at once or not at all: pass `proration_behavior` as `always_invoice` or "
            "`none`.",
            param="proration_behavior",
        )
    return bool(behaviour == ALWAYS_INVOICE)


def _credits(uow: UnitOfWork, items: list[Json]) -> tuple[InvoicePart, ...]:
    """Return what is given back for the time of these items that was paid and will not be used."""
    return tuple(_rest(uow, item, -1) for item in items)


def _rest(uow: UnitOfWork, item: Json, sign: int) -> InvoicePart:
    """Return the share of an item's price for the rest of its period, by the second, rounded half up."""
    start, end = item["current_period_start"], item["current_period_end"]
    whole = item["price"]["unit_amount"] * item["quantity"]
    share = (2 * whole * (end - uow.now) + (end - start)) // (2 * (end - start))
    return InvoicePart(item, sign * share, uow.now, end, proration=True)


def _replaced(uow: UnitOfWork, subscription: Json, given: list[Json]) -> list[Json]:
    """Return all items with those that were named changed; raise RefusedError."""
    present = {item["id"]: item for item in subscription["items"]["data"]}
    for number, wanted in enumerate(given):
        name = f"items[{number}]"
        if wanted["id"] not in present:
            raise RefusedError(f"Invalid subscription item: {wanted['id']}", param=f"{name}[id]")
        present[wanted["id"]] = _changed(uow, subscription, present[wanted["id"]], wanted, name)
    after = list(present.values())
    if len({rhythm(item["price"]) for item in after}) > 1:
        raise RefusedError("All recurring prices must have the same billing interval.", param="items")
    return after


def _changed(uow: UnitOfWork, subscription: Json, item: Json, wanted: Json, name: str) -> Json:
    price = uow.get("price", wanted["price"], f"{name}[price]") if "price" in wanted else item["price"]
    if price["recurring"] is None or not price["active"] or price["currency"] != subscription["currency"]:
        raise RefusedError(
            f"The price must be active, recurring and in {subscription['currency']}.", param=f"{name}[price]"
        )
    return item | {"plan": plan_of(price), "price": price, "quantity": wanted.get("quantity", item["quantity"])}


def _period_from(start: int, price: Json) -> Json:
    end = Cycle(start, *rhythm(price)).next_after(start)
    return {"current_period_start": start, "current_period_end": end}


def _listed(subscription: Json, items: list[Json]) -> Json:
    return list_of(items, subscription["items"]["url"])

"""Switching a subscription to other prices or another trial, and what that comes to.

Source: docs.stripe.com/billing/subscriptions/change-price, /billing/subscriptions/prorations.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.stripe_sandbox.billing_periods import Cycle
from webapp.stripe_sandbox.list_endpoint import list_of
from webapp.stripe_sandbox.params import Params, choice, positive, text
from webapp.stripe_sandbox.resources.checkout_session.line_items import rhythm
from webapp.stripe_sandbox.resources.invoice import debits, drafting
from webapp.stripe_sandbox.resources.invoice.drafting import InvoicePart
from webapp.stripe_sandbox.resources.products import plan_of
from webapp.stripe_sandbox.resources.subscription.trials import TRIALING
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

ITEM = Params({"id": text, "price": text, "quantity": positive}, frozenset({"id"}))
NOW = "now"
CYCLE_ANCHOR = Params({"type": choice(NOW, "unchanged")}, frozenset({"type"}))
ALWAYS_INVOICE, CREATE_PRORATIONS, NONE = "always_invoice", "create_prorations", "none"


@dataclass(frozen=True, slots=True)
class Switch:
    """What a change comes to: the subscription's keys that become others, and what is billed at once."""

    changes: Json
    parts: tuple[InvoicePart, ...] = ()


def reckon(uow: UnitOfWork, subscription: Json, params: Json) -> Switch:
    """Return what other `items`, an anchor now or another `trial_end` come to; raise RefusedError."""
    resets = params.get("billing_cycle_anchor") == {"type": NOW}
    if "trial_end" in params and (resets or "items" in params):
        raise RefusedError("The sandbox changes either `items` or `trial_end` in one request.", param="trial_end")
    if resets or "items" in params:
        return _other_items(uow, subscription, params, resets=resets)
    if "trial_end" in params:
        return _other_trial(uow, subscription, params)
    return Switch({})


def afresh(uow: UnitOfWork, subscription: Json, items: list[Json]) -> Switch:
    """Return what it comes to when a period of these items begins now, at their full price."""
    started = [item | _period_from(uow.now, item["price"]) for item in items]
    changes = {"billing_cycle_anchor": uow.now, "items": _listed(subscription, started)}
    return Switch(changes, drafting.present_period(changes | {"items": changes["items"]}))


def rests(items: list[Json], anchor: int, at: int) -> Iterator[InvoicePart]:
    """Yield what items cost from a moment to the end of their period: a share of a whole one."""
    for item in items:
        end = item["current_period_end"]
        start = Cycle(anchor, *rhythm(item["price"])).last_before(end)
        whole = item["price"]["unit_amount"] * item["quantity"]
        yield InvoicePart(item, debits.share(whole, at, start, end), at, end, proration=True)


def _other_items(uow: UnitOfWork, subscription: Json, params: Json, *, resets: bool) -> Switch:
    before = subscription["items"]["data"]
    after = _replaced(uow, subscription, params.get("items", []))
    if subscription["status"] in (TRIALING, "paused"):
        if resets:
            raise RefusedError("The billing cycle begins with the end of the trial.", param="billing_cycle_anchor")
        return Switch({"items": _listed(subscription, after)})
    resets |= rhythm(after[0]["price"]) != rhythm(before[0]["price"])
    at = _proration_date(uow, subscription, params)
    prorates = _prorates(params, billed_now=resets)
    gone = before if resets else [old for old, new in zip(before, after, strict=True) if old != new]
    credits_ = debits.credits_for(uow, subscription, gone, at) if prorates else ()
    if resets:
        fresh = afresh(uow, subscription, after)
        return Switch(fresh.changes, (*credits_, *fresh.parts))
    come = [new for old, new in zip(before, after, strict=True) if old != new]
    debits_ = rests(come, subscription["billing_cycle_anchor"], at) if prorates else ()
    return Switch({"items": _listed(subscription, after)}, (*credits_, *debits_))


def _other_trial(uow: UnitOfWork, subscription: Json, params: Json) -> Switch:
    until, items = params["trial_end"], subscription["items"]["data"]
    in_trial = subscription["status"] == TRIALING
    if until == NOW:
        fresh = afresh(uow, subscription, items)
        ended = {"status": "active", "trial_end": uow.now}
        return Switch(fresh.changes | ended, fresh.parts) if in_trial else Switch({})
    if until <= uow.now:
        raise RefusedError("trial_end must be a timestamp in the future.", param="trial_end")
    prorates = not in_trial and _prorates(params)
    credits_ = debits.credits_for(uow, subscription, items, uow.now) if prorates else ()
    start = {} if in_trial else {"current_period_start": uow.now}
    changes = {
        "billing_cycle_anchor": until,
        "items": _listed(subscription, [item | start | {"current_period_end": until} for item in items]),
        "status": TRIALING,
        "trial_end": until,
        "trial_start": subscription["trial_start"] if in_trial else uow.now,
    }
    return Switch(changes, credits_)


def _prorates(params: Json, *, billed_now: bool = False) -> bool:
    """Whether a change is prorated; what waits for the next invoice is refused, unless one is written now anyway."""
    behaviour = params.get("proration_behavior", CREATE_PRORATIONS)
    if behaviour == CREATE_PRORATIONS and not billed_now:
        raise RefusedError(
            "The sandbox bills prorations at once or not at all: pass `proration_behavior` as `always_invoice` or "
            "`none`.",
            param="proration_behavior",
        )
    return bool(behaviour != NONE)


def _proration_date(uow: UnitOfWork, subscription: Json, params: Json) -> int:
    """Return the moment as of which a change is prorated; raise RefusedError for one outside of the period."""
    at = int(params.get("proration_date", uow.now))
    item = subscription["items"]["data"][0]
    if not item["current_period_start"] <= at < item["current_period_end"]:
        raise RefusedError(
            "Cannot specify a proration date outside of the subscription's current period.", param="proration_date"
        )
    return at


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

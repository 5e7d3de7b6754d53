"""The figures of money counted a second time, from Stripe's side alone: its events, bills, refunds and disputes.

Written apart from the product: it knows nothing of the ledger, and reads the sandbox's file past the sandbox.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.world import World

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Recount:
    """Amounts by currency, day and figure; what recurs by currency and day; payers by currency, cohort and month."""

    amounts: dict[tuple[str, date, str], int] = field(default_factory=lambda: defaultdict(int))
    numbers: dict[tuple[str, date, str], int] = field(default_factory=lambda: defaultdict(int))
    running: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cohorts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, currency: str, moment: int, figure: str, amount: int) -> None:
        """Count one thing."""
        key = (currency, day_of(moment), figure)
        self.amounts[key] += amount
        self.numbers[key] += 1


def day_of(moment: int) -> date:
    """Return the day of a moment in the publisher's zone."""
    return datetime.fromtimestamp(moment, UTC).astimezone(ZONE).date()


def recount(world: World) -> Recount:
    """Return all figures, counted from what Stripe holds."""
    counted = Recount()
    _count_money(world, counted)
    _count_recurring(world, counted)
    return counted


def _bodies(world: World, kind: str) -> list[dict[str, Any]]:
    rows = world.theirs.execute("SELECT body FROM objects WHERE object = ? ORDER BY sequence", (kind,))
    return [json.loads(body) for (body,) in rows]


def _count_money(world: World, counted: Recount) -> None:
    for charge in _bodies(world, "charge"):
        if charge["paid"] and charge["status"] == "succeeded" and charge["amount_captured"]:
            counted.add(charge["currency"], charge["created"], "payment", charge["amount_captured"])
    for bill in _bodies(world, "invoice"):
        if bill["status"] == "paid" and bill["attempt_count"] > 1:
            counted.add(bill["currency"], bill["status_transitions"]["paid_at"], "saved", 0)
    for refund in _bodies(world, "refund"):
        if refund["status"] == "succeeded":
            counted.add(refund["currency"], refund["created"], "refund", -refund["amount"])
    for dispute in _bodies(world, "dispute"):
        for moved in dispute["balance_transactions"]:
            figure = "dispute" if moved["amount"] < 0 else "won-back"
            counted.add(dispute["currency"], moved["created"], figure, moved["amount"])


def _count_recurring(world: World, counted: Recount) -> None:
    """Follow what each subscription's events say it brings each month, one after the other."""
    discounts = {}
    rows = world.theirs.execute("SELECT id, body, memo FROM objects WHERE object = 'discount'")
    for id_, body, memo in rows:
        discounts[id_] = json.loads(body), json.loads(memo)["coupon"]
    readers = {one["id"]: one["metadata"]["paidspan_reader"] for one in _bodies(world, "customer") if "metadata" in one}
    held: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    first: dict[tuple[str, str], str] = {}
    for event in _bodies(world, "event"):
        said = event["data"]["object"]
        if not event["type"].startswith("customer.subscription.") or said["object"] != "subscription":
            continue
        whose, moment = (readers[said["customer"]], said["currency"]), said["ended_at"] or event["created"]
        theirs = held[whose]
        before, was = sum(theirs.values()), theirs.get(said["id"], 0)
        theirs[said["id"]] = _monthly(said, discounts)
        after = sum(theirs.values())
        if after == before and was == theirs[said["id"]]:
            continue
        figure = "expansion" if after > before else "contraction"
        if not before:
            figure = "returned" if whose in first else "new"
            first.setdefault(whose, f"{day_of(moment):%Y-%m}")
        elif not after:
            figure = "lost"
        counted.add(said["currency"], moment, figure, after - before)
    for whose, theirs in held.items():
        counted.running[whose[1]] += sum(theirs.values())
        if whose in first:
            counted.cohorts[whose[1], first[whose]] += bool(sum(theirs.values()))


def _monthly(said: dict[str, Any], discounts: dict[str, Any]) -> int:
    if said["status"] not in {"active", "past_due"} or said["pause_collection"]:
        return 0
    (item,) = said["items"]["data"]
    price = Decimal(item["price"]["unit_amount"] * item["quantity"])
    for id_ in said["discounts"]:
        discount, coupon = discounts[id_]
        bill_at = item["current_period_end"]
        if coupon["duration"] == "forever" or (coupon["duration"] == "repeating" and discount["end"] > bill_at):
            off = (price * Decimal(str(coupon["percent_off"])) / 100).quantize(Decimal(1), ROUND_HALF_UP)
            price -= off
    months = 12 if item["price"]["recurring"]["interval"] == "year" else 1
    return int((price / months).quantize(Decimal(1), ROUND_HALF_UP))

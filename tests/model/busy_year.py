"""A year of a library with many subscriptions: coupons, trials, pauses, refunds, disputes, switches, two currencies.

The house hears of what happened every ten days at most, and now and then of nothing for a month.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import stripe

from tests.model.lives import CARDS, body_of, change, give_back, pay, rule, tend
from tests.model.world import World
from webapp.accounts.models import Reader, Role
from webapp.billing.checkout import start_checkout
from webapp.billing.order_terms import Buyer, Order
from webapp.billing.reconcile import reconcile_events
from webapp.kit.errors import ConflictError
from webapp.stripe_sandbox.stripe_errors import RefusedError

STEP = timedelta(days=10)
STEPS = 37  # a year and some days
COUPONS = {
    "ONCE": {"percent_off": 50, "duration": "once"},
    "THREE": {"percent_off": 33, "duration": "repeating", "duration_in_months": 3},
    "EVER": {"percent_off": 20, "duration": "forever"},
}
CODES = ("", "", "", "ONCE", "THREE", "EVER")
WAYS = ("good", "good", "good", "fails on renewal")
ACTS = ("pause", "switch", "cancel", "cancel with the period", "refund", "part", "dispute", "win", "return")


@dataclass
class BusyYear:
    """Who buys what when, and what becomes of it, by chance that repeats."""

    world: World
    subscriptions: int
    chance: random.Random = field(default_factory=lambda: random.Random(17))
    paused: list[str] = field(default_factory=list)
    sold: int = 0

    def pass_by(self) -> None:
        """Live through the year, and have the house hear of it."""
        self._prepare()
        for step in range(STEPS):
            self.world.sell_in("usd" if step % 2 else "cny")
            self._sell(-(-self.subscriptions // 20))
            self.world.pass_time(timedelta(hours=1))
            self._act(max(3, self.sold // 15))
            self.world.pass_time(STEP / 2)
            if step % 2 == 0:
                self._mend_failing()
            self.world.pass_time(STEP / 2)
            if step % 9 not in {4, 5}:  # then nobody listens for a month
                reconcile_events(self.world.billing)
        reconcile_events(self.world.billing)

    def _prepare(self) -> None:
        for code, terms in COUPONS.items():
            coupon = self.world.stripe.coupons.create(terms)
            self.world.stripe.promotion_codes.create(
                {"code": code, "promotion": {"type": "coupon", "coupon": coupon.id}}
            )

    def _sell(self, most: int) -> None:
        """Have some new readers buy, until so many have subscribed; some buy a pass or a document."""
        for number in range(most if self.sold < self.subscriptions else 0):
            plan = self.chance.choice(("month", "month", "year", "pass" if number % 3 == 0 else "month"))
            self._buy(self._reader(), plan)

    def _reader(self) -> Buyer:
        address = f"busy{len(self.world.buyers)}@example.com"
        with self.world.database.writing() as session:
            reader = Reader(
                email=address, email_key=address, password_hash="", role=Role.READER, created_at=self.world.now
            )
            session.add(reader)
        self.world.buyers.append(Buyer(reader.id, address, "en"))
        return self.world.buyers[-1]

    def _buy(self, buyer: Buyer, plan: str) -> None:
        address = start_checkout(self.world.billing, buyer, Order(plan, None, "", "/"))
        session_id = address.rpartition("/")[2]
        pay(self.world, session_id, self.chance.choice(WAYS), self.chance.choice(CODES) if plan != "pass" else "")
        self.sold += plan != "pass"

    def _act(self, many: int) -> None:
        """Do some things, each to another subscription."""
        rows = self.world.theirs.execute("SELECT id FROM objects WHERE object = 'subscription' ORDER BY sequence")
        ids = [row[0] for row in rows]
        for one in self.chance.sample(ids, min(many, len(ids))):
            with suppress(stripe.InvalidRequestError, RefusedError, ConflictError):  # what cannot be is refused
                self._do(self.chance.choice(ACTS), one)

    def _do(self, act: str, subscription: str) -> None:
        match act:
            case "pause" if subscription in self.paused:
                self.paused.remove(subscription)
                rule(self.world, subscription, "collect again")
            case "pause":
                self.paused.append(subscription)
                rule(self.world, subscription, "void")
            case "switch":
                tend(self.world, subscription, "switch")
            case "refund" | "dispute":
                change(self.world, subscription, act)
            case "part":
                self._refund_part(subscription)
            case "win":
                self._win_disputes()
            case "return":
                self._return(subscription)
            case _:
                rule(self.world, subscription, act)

    def _refund_part(self, subscription: str) -> None:
        with self.world.sandbox.reading() as uow:
            paid = [
                one
                for bill in uow.invoices_of(subscription, "paid")
                for one in uow.owned(bill["id"], "invoice_payment")
            ]
        if paid:
            give_back(self.world, paid[0]["payment"]["payment_intent"], 3, pending=self.chance.random() < 0.2)

    def _mend_failing(self) -> None:
        """Have those whose payments fail give a card that pays."""
        query = "SELECT id FROM objects WHERE object = 'subscription' AND json_extract(body, '$.status') = 'past_due'"
        for (failing,) in self.world.theirs.execute(query).fetchall():
            tend(self.world, failing, "good")

    def _win_disputes(self) -> None:
        query = "SELECT id FROM objects WHERE object = 'dispute' AND json_extract(body, '$.status') = 'needs_response'"
        for (dispute,) in self.world.theirs.execute(query).fetchall():
            self.world.sandbox.move_dispute(dispute, self.chance.choice(("won", "lost")))

    def _return(self, subscription: str) -> None:
        """Have a reader whose subscription has ended subscribe again."""
        found = body_of(self.world, subscription)
        if found["status"] == "canceled":
            reader = body_of(self.world, found["customer"])["metadata"]["paidspan_reader"]
            buyer = next(one for one in self.world.buyers if str(one.reader_id) == reader)
            self._buy(buyer, "month")


assert set(WAYS) <= CARDS.keys()

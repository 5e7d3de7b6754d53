"""Lives in which four processes act on the same readers of one installation at once, compared with the oracle.

Every process has its own connections to one PostgreSQL and to one sandbox. What they do is drawn from a seed; who
comes first is for the machine to say, so that a seed repeats the acts and not their order.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from tests.model import lives
from tests.model.acts import WORKS, Act, stand_by
from tests.model.figures import FIGURES
from tests.model.ledger import differences, opened_unpaid
from tests.model.lives import CARDS, PUBLISHERS, WALLETS, Stock
from tests.model.moves import REFUSALS
from tests.model.news import Mailbag
from tests.model.shared_world import SharedWorld, shared_world
from tests.model.truth import read_truth
from tests.model.world import READERS
from webapp.billing.grants import rebuild_all_grants
from webapp.billing.reconcile import reconcile_all
from webapp.billing.webhook_inbox import drain_inbox
from webapp.kit import randomness

PROCESSES, SCENES, ACTS_OF_A_SCENE = 4, 3, 1
SERIALIZABLE, READ_COMMITTED = "SERIALIZABLE", "READ COMMITTED"
STEPS = [timedelta(seconds=1), timedelta(minutes=6), timedelta(hours=2), timedelta(days=2), timedelta(days=31)]
THINGS = ["month", "year", "pass", "0", "0"]
# Most of what happens at once is news of the same things.
KINDS = {
    "hear": 8,
    "come back": 4,
    "ask": 3,
    "work": 3,
    "buy": 3,
    "tend": 1,
    "rule": 1,
    "refund by command": 2,
    "refund at stripe": 1,
    "order": 1,
}
HOW: dict[str, list[list[Any]]] = {
    "tend": [["cancel", "go on", "switch", "good", "declined"]],
    "rule": [PUBLISHERS],
    "refund at stripe": [[1, 2]],
    "buy": [THINGS, ["good", *CARDS, *WALLETS]],
    "order": [THINGS],
}
_START_SECONDS = 120


@dataclass
class Company:
    """Processes that act at once, and the one that tells them what to do and then compares."""

    world: SharedWorld
    lines: list[Connection]
    chance: random.Random = field(default_factory=random.Random)

    def tell(self, told: list[object]) -> list[str]:
        """Have all of them do something at once; return what went wrong."""
        for line, one in zip(self.lines, told, strict=True):
            line.send(one)
        return [wrong for line in self.lines for wrong in line.recv()]

    def live(self, seeded: int) -> list[str]:
        """Live one history; return how it came out otherwise than the truth."""
        self.chance = random.Random(seeded)
        self.tell([None] * len(self.lines))
        self.world.begin_anew()
        randomness.set_random_source(random.Random(seeded).randbytes)
        post = Mailbag(self.world)
        post.begin()
        self._furnish_lives()
        wrong = []
        for _scene in range(SCENES):
            post.collect()
            wrong += self._scene(post)
            self.world.pass_time(self.chance.choice(STEPS))
        FIGURES["histories"] += 1
        wrong += self._settled()
        FIGURES["differences"] += len(wrong)
        return wrong

    def _furnish_lives(self) -> None:
        """Have each reader have bought something, of which we hear nothing yet."""
        for reader in range(READERS):
            for what in self.chance.sample(THINGS, 1):
                try:
                    session_id = lives.order(self.world, reader, what)
                    lives.pay(self.world, session_id, self.chance.choice(["good", "fails on renewal"]))
                except REFUSALS:
                    continue
        self.world.pass_time(timedelta(seconds=1))

    def _scene(self, post: Mailbag) -> list[str]:
        stock = Stock.of(self.world)
        news = [body for _number, body in post.waiting]
        shares = [[self._act(stock, news) for _ in range(ACTS_OF_A_SCENE)] for _line in self.lines]
        if self.chance.random() < 0.5:  # the same by two of them at once
            shares[0][0] = shares[1][0]
        FIGURES["steps"] += len(self.lines) * ACTS_OF_A_SCENE
        FIGURES["delivered"] += sum(name == "hear" for share in shares for name, _given in share)
        return self.tell([(self.world.now, share) for share in shares])

    def _act(self, stock: Stock, news: list[str]) -> Act:
        """Return something that can be done as things stand."""
        chance, reader = self.chance, self.chance.randrange(READERS)
        possible: dict[str, list[Any]] = {
            "hear": news[-12:],
            "come back": stock["checkout.session"],
            "tend": stock.running,
            "rule": stock.running,
            "refund by command": stock["payment_intent succeeded"],
            "refund at stripe": stock["payment_intent succeeded"],
            "work": [*WORKS],
            "buy": [reader],
            "order": [reader],
            "ask": [reader],
        }
        kinds = [kind for kind in possible if possible[kind]]
        kind = chance.choices(kinds, [KINDS[one] for one in kinds])[0]
        how = [chance.choice(ways) for ways in HOW.get(kind, [])]
        return kind, (chance.choice(possible[kind]), *how)

    def _settled(self) -> list[str]:
        """Let what is on its way arrive, compare once, and return what is not as it is at Stripe."""
        world, billing = self.world, self.world.billing
        world.pass_time(timedelta(minutes=10))
        reconcile_all(billing)
        drain_inbox(billing)
        FIGURES["comparisons"] += 1
        truth = read_truth(world.ours, world.theirs, int(world.now.timestamp()))
        found = [*differences(truth, world.ours), *opened_unpaid(truth, world.ours)]
        rebuilt = world.database.write(lambda session: rebuild_all_grants(session, billing.mode, billing.grace))
        return found + [f"rebuilding {change}" for change in rebuilt]


@contextmanager
def company(isolation: str = SERIALIZABLE, processes: int = PROCESSES) -> Iterator[Company]:
    """Open a world with so many processes in it; a house's own log is silent, for trouble is the point."""
    logging.disable(logging.CRITICAL)
    spawn, lines, started = get_context("spawn"), [], []
    try:
        with shared_world() as world:
            for number in range(processes):
                mine, theirs = spawn.Pipe()
                given = (world.place(isolation), number, theirs)
                started.append(spawn.Process(target=stand_by, args=given, daemon=True))
                started[-1].start()
                theirs.close()
                lines.append(mine)
            for line in lines:
                assert line.poll(_START_SECONDS), "a process does not come up"
                line.recv()
            yield Company(world, lines)
    finally:
        for line in lines:
            line.close()
        for process in started:
            process.join(_START_SECONDS)
        logging.disable(logging.NOTSET)

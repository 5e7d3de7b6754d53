"""Threads that go on only when they are told to, so that every order of their steps can be tried, one by one."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from threading import Semaphore, Thread, local

from webapp.billing.gateway.client import Gateway

PATIENCE_SECONDS = 20
_here = local()


class Turn:
    """One thread's work, cut into steps by `pause()`."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.steps = 0
        self.done = False
        self._go, self._stands = Semaphore(0), Semaphore(0)
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], object]) -> None:
        _here.turn = self
        self._go.acquire()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shall say it
            self._failure = error
        self.done = True
        self._stands.release()

    def pause(self) -> None:
        self._stands.release()
        self._go.acquire()

    def step(self) -> None:
        """Let it go on to its next pause; one that does not come there waits for somebody who was told to stand."""
        self.steps += 1
        self._go.release()
        assert self._stands.acquire(timeout=PATIENCE_SECONDS), "a step waits for a lock that a standing thread holds"
        if self._failure:
            raise self._failure

    def finish(self) -> None:
        while not self.done:
            self.step()
        self._thread.join()


def pause() -> None:
    """End a step, in a thread that is led; do nothing in any other."""
    turn = getattr(_here, "turn", None)
    if turn:
        turn.pause()


def pausing_at_stripe(monkeypatch) -> None:
    """Have led threads stand still before Stripe is first asked, and whenever an answer is in their hands."""
    calling = Gateway.calling

    @contextmanager
    def watched(gateway: Gateway) -> Iterator[None]:
        if not getattr(_here, "asked", False):
            _here.asked = True
            pause()
        with calling(gateway):
            yield
        pause()

    monkeypatch.setattr(Gateway, "calling", watched)


def steps_of(work: Callable[[], object]) -> int:
    """Return how many steps a work has when nobody comes between."""
    turn = Turn(work)
    turn.finish()
    return turn.steps


def orders(first: int, second: int, most: int) -> list[frozenset[int]]:
    """Return when the first of two works has its turn: every way to mix them, or `most` of them, evenly chosen."""
    ways = [frozenset(way) for way in combinations(range(first + second), first)]
    return ways if len(ways) <= most else random.Random(1).sample(ways, most)


def run_mixed(first: Callable[[], object], second: Callable[[], object], when: frozenset[int], total: int) -> None:
    """Run two works in one such order, then lets each come to its end."""
    mine, other = Turn(first), Turn(second)
    for moment in range(total):
        turn = mine if moment in when else other
        if not turn.done:
            turn.step()
    mine.finish()
    other.finish()

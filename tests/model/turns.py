"""Where the house asks Stripe is where another worker may come between, a line may break, and a process may die.

Every call of the gateway passes here twice, when it asks and when it has its answer; no transaction is open then.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from threading import Event, Thread, current_thread

from webapp.billing.gateway.client import Gateway
from webapp.kit.errors import PaymentsUnavailableError


class Killed(BaseException):
    """The process is gone, in the middle of what it did; nothing of the house may catch it."""


class _Crossing:
    meet: Callable[[], None] | None = None


@contextmanager
def watched_gateway() -> Iterator[None]:
    """Have every call to Stripe pass the crossing."""
    plain = Gateway.calling

    @contextmanager
    def calling(gateway: Gateway) -> Iterator[None]:
        _meet()
        with plain(gateway):
            yield
        _meet()

    Gateway.calling = calling
    yield
    Gateway.calling = plain


def _meet() -> None:
    if _Crossing.meet:
        _Crossing.meet()


@contextmanager
def trouble_at(crossing: int, *, kills: bool) -> Iterator[None]:
    """Break the line at the crossing of this number, before or after Stripe did what it was asked; or kills us."""
    left = crossing

    def meet() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed if kills else PaymentsUnavailableError

    _Crossing.meet = meet
    try:
        yield
    except Killed:
        pass
    finally:
        _Crossing.meet = None


@dataclass
class _Worker:
    """Does one thing in a thread of its own, and only while it is its turn."""

    work: Callable[[], object]
    turn: Event = field(default_factory=Event)
    rests: Event = field(default_factory=Event)
    done: bool = False
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.turn.wait()
        try:
            self.work()
        except BaseException as error:  # noqa: BLE001 - raised again where both workers are done
            self.error = error
        self.done = True
        self.rests.set()

    def rest(self) -> None:
        self.turn.clear()
        self.rests.set()
        self.turn.wait()

    def go_on(self) -> None:
        self.rests.clear()
        self.turn.set()
        self.rests.wait()


def together(works: list[Callable[[], object]], turns: list[int]) -> None:
    """Do several things at once, changing between them at crossings as `turns` says; raise what one of them raised.

    Who is done gives its turn to the first that is not, and so does everybody when `turns` is at its end.
    """
    workers = [_Worker(work) for work in works]
    by_thread = {worker.thread: worker for worker in workers}

    def meet() -> None:
        by_thread[current_thread()].rest()

    _Crossing.meet = meet
    try:
        for number in chain(turns, repeat(0)):
            left = [worker for worker in workers if not worker.done]
            if not left:
                break
            (left[0] if workers[number].done else workers[number]).go_on()
    finally:
        _Crossing.meet = None
    for worker in workers:
        worker.thread.join()
        if worker.error:
            raise worker.error

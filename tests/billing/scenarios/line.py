"""The line to Stripe, on which one answer can be held up while the world goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, current_thread
from typing import Any

PATIENCE_SECONDS = 20


class Worker:
    """Somebody who works on their own, and stands still while the answer they wait for is held up."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.answer: Any = None
        self._failure: BaseException | None = None
        self.held, self.released = Event(), Event()
        self.thread = Thread(target=self._run, args=(work,), daemon=True)

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self.answer = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shall say it
            self._failure = error

    def finish(self) -> Any:
        """Have the answer through, and return what the work came to."""
        self.released.set()
        self.thread.join(PATIENCE_SECONDS)
        if self._failure:
            raise self._failure
        return self.answer


@contextmanager
def held_up(transport: Any, work: Callable[[], Any], *, number: int = 1) -> Iterator[Worker]:
    """Start work in a thread and yields when Stripe has given its answer of this number, and it has not arrived."""
    worker, ask = Worker(work), transport.request
    left = [number]

    def request(*args: Any, **more: Any) -> Any:
        answer = ask(*args, **more)
        if current_thread() is worker.thread:
            left[0] -= 1
            if left[0] == 0:
                worker.held.set()
                assert worker.released.wait(PATIENCE_SECONDS), "nobody let the answer through"
        return answer

    transport.request = request
    try:
        worker.thread.start()
        assert worker.held.wait(PATIENCE_SECONDS), f"Stripe was asked less than {number} times"
        yield worker
        worker.finish()
    finally:
        del transport.request


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment; return what each came to."""
    workers = [Worker(work) for work in works]
    for worker in workers:
        worker.thread.start()
    return [worker.finish() for worker in workers]

"""What takes too long is let go: a server that never answers must not keep the doctor from all else."""

from collections.abc import Callable
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")


class TooSlowError(Exception):
    """Something was not done in its time; it goes on beside us, and ends with us."""


class TimedWork:
    """Something that is done in a thread of its own."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._outcome: list[object] = []
        self._error: BaseException | None = None
        speaking = copy_context()  # in the language of who waits
        self._thread = Thread(target=lambda: speaking.run(self._run), daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised where the outcome is asked for
            self._error = error

    def wait(self, seconds: float) -> object:
        """Return what came of it; raise what it raised, or TooSlowError."""
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        if not self._outcome:
            raise TooSlowError
        return self._outcome[0]


def in_time(seconds: float, work: Callable[[], _T]) -> _T:
    """Return what something returns within so many seconds; raise TooSlowError where it does not."""
    outcome: list[_T] = []
    TimedWork(lambda: outcome.append(work())).wait(seconds)
    return outcome[0]

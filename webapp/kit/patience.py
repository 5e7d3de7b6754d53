"""How long a writer waits for other writers; what it has waited for already is taken off."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

WRITER_PATIENCE = 15.0  # seconds that a command or the worker waits
_waited: ContextVar[float] = ContextVar("seconds that who asks has waited for a thread already", default=0.0)


@contextmanager
def having_waited(seconds: float) -> Iterator[None]:
    """Have what is written meanwhile wait so many seconds less for other writers: it has waited for a thread."""
    token = _waited.set(seconds)
    try:
        yield
    finally:
        _waited.reset(token)


def patience_left(patience: float) -> float:
    """Return how many seconds of a patience are left."""
    return max(0.0, patience - _waited.get())

"""The request that a thread answers, as what it leaves behind is found again: by an id that names nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """What may be written down of a request; its route is a rule of ours, not the address that was asked for."""

    id: str
    method: str
    route: str


_asked: ContextVar[AskedRequest | None] = ContextVar("the request that is answered here", default=None)


def asked_request() -> AskedRequest | None:
    """Return the request that is answered here; None where there is none, or nobody would find it again."""
    return _asked.get()


@contextmanager
def answering(asked: AskedRequest | None) -> Iterator[None]:
    """Have what is done meanwhile be done for this request."""
    token = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(token)

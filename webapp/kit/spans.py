"""What takes how long, told to whoever traces it (OpenTelemetry, where it is switched on); else to nobody."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Begin = Callable[[str], AbstractContextManager[object]]


class _Tracing:
    begin: Begin | None = None


@contextmanager
def span(name: str) -> Iterator[None]:
    """Tell that something of this name, a word of ours, goes on meanwhile."""
    if _Tracing.begin is None:
        yield
    else:
        with _Tracing.begin(name):
            yield


def set_tracing(begin: Begin | None) -> None:
    """Have `span` begin each span so; None traces nothing."""
    _Tracing.begin = begin

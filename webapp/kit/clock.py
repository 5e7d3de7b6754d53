"""What time it is: the only place that asks the machine, so that a test or the sandbox can move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Offset = Callable[[], timedelta]


class _Clock:
    offset: Offset | None = None


def now() -> datetime:
    """Return the present moment in UTC, moved by the sandbox's offset where one is set."""
    present = datetime.now(UTC)
    return present + _Clock.offset() if _Clock.offset else present


def set_clock_offset(offset: Offset | None) -> None:
    """Have `now()` moved by what `offset` answers; None puts the machine's own time back."""
    _Clock.offset = offset

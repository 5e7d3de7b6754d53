"""What time it is: the only place that asks the machine, so that a test or the sandbox can move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Offset = Callable[[], timedelta]


class _Clock:
    offset: Offset | None = None


def now() -> datetime:
    """Return the present moment in UTC, moved by the sandbox's offset where one is set."""
    return machine_now() + _Clock.offset() if _Clock.offset else machine_now()


def machine_now() -> datetime:
    """Return the present moment in UTC as the machine has it, for what is about processes."""
    return datetime.now(UTC)


def set_clock_offset(offset: Offset | None) -> None:
    """Have `now()` moved by what `offset` answers; None puts the machine's own time back."""
    _Clock.offset = offset

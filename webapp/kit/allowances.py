"""How often something may be tried, reckoned without a store: from what is kept of the tries before, and from the time.

Moments and waits are whole milliseconds, so that a wait that is told is exactly the wait there is.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

_DAY = 86_400
_THOUSAND = 1000


class Tally(NamedTuple):
    """What is kept of the tries at one thing by one party."""

    tries: int
    until: int
    forget_at: int  # from then on it says nothing


class Pace(Protocol):
    """A rule about how often."""

    def after(self, kept: Tally | None, now: int) -> tuple[int, Tally]:
        """Return how long to wait before another try, and what to keep where that is nothing."""

    def undone(self, kept: Tally) -> Tally | None:
        """Return what to keep once a try turns out not to count; None for nothing."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many tries at once, and after that one more each so many seconds (GCRA, as ITU-T I.371 has it for cells)."""

    at_once: int
    seconds: float

    def after(self, kept: Tally | None, now: int) -> tuple[int, Tally]:
        """Return how long to wait before another try, and what to keep where that is nothing."""
        each = round(self.seconds * _THOUSAND)
        longest = self.at_once * each
        # One that lies further ahead than can be was kept before the machine's clock was set back.
        begins = max(kept.until, now) if kept and kept.until - now <= longest else now
        until = begins + each
        return max(0, until - longest - now), Tally(0, until, until)

    def undone(self, kept: Tally) -> Tally | None:
        """Return what to keep once a try turns out not to count: as if it had not been made."""
        until = kept.until - round(self.seconds * _THOUSAND)
        return Tally(0, until, until)


@dataclass(frozen=True, slots=True)
class GrowingWait:
    """Seconds to wait after the first try, after the second and so on; a try that does not count ends it all."""

    seconds: tuple[int, ...]
    remembered: int = _DAY

    def after(self, kept: Tally | None, now: int) -> tuple[int, Tally]:
        """Return how long to wait before another try, and what to keep where that is nothing."""
        if kept and (kept.forget_at <= now or kept.until - now > max(self.seconds) * _THOUSAND):
            kept = None
        wait = max(0, kept.until - now) if kept else 0
        tries = kept.tries + 1 if kept else 1
        until = now + self.seconds[min(tries, len(self.seconds)) - 1] * _THOUSAND
        return wait, Tally(tries, until, until + self.remembered * _THOUSAND)

    def undone(self, _kept: Tally) -> Tally | None:
        """Return what to keep once a try turns out not to count: nothing."""
        return None

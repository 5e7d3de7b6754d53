"""Billing periods as Stripe reckons them: in UTC, counted from the anchor, so that the 31st comes back after February.

Source: docs.stripe.com/billing/subscriptions/billing-cycle, "month ends".
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY = 86_400
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Cycle:
    """How often is billed, and from when on; `anchor` in seconds since 1970."""

    anchor: int
    interval: str
    count: int = 1

    def boundary(self, number: int) -> int:
        """Return the moment at which the period of this number begins; 0 is the anchor itself."""
        start = datetime.fromtimestamp(self.anchor, UTC)
        steps = number * self.count
        if self.interval in _DAYS:
            return int((start + timedelta(days=steps * _DAYS[self.interval])).timestamp())
        return int(_months_later(start, steps * _MONTHS[self.interval]).timestamp())

    def next_after(self, moment: int) -> int:
        """Return the first boundary later than a moment."""
        number = max(0, self._periods_at_least_before(moment))
        while self.boundary(number) <= moment:
            number += 1
        return self.boundary(number)

    def last_before(self, moment: int) -> int:
        """Return the last boundary earlier than a moment; it may lie before the anchor."""
        number = self._periods_at_least_before(moment) - 1
        while self.boundary(number + 1) < moment:
            number += 1
        return self.boundary(number)

    def _periods_at_least_before(self, moment: int) -> int:
        longest = _DAYS[self.interval] if self.interval in _DAYS else _MONTHS[self.interval] * 31
        return (moment - self.anchor) // (longest * self.count * DAY)


def _months_later(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    last_day = monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last_day))

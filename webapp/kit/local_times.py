"""Moments by the clock on the wall: one that the clocks leave out is refused, and one that comes twice asked about."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::00)?")
_YEARS = range(1970, 2200)


class WhichTime(StrEnum):
    """Which of two moments is meant, where the clocks go back and show an hour twice."""

    FIRST = "first"
    SECOND = "second"


class LocalTimeError(InvalidInputError):
    """What was written is no date and time."""

    hint = _("Write it like 2027-03-28 08:30.")

    def __init__(self) -> None:
        super().__init__(_("This is no date with a time."))


class SkippedTimeError(InvalidInputError):
    """The clocks go forward over this time."""

    hint = _("Choose a time before or after that.")

    def __init__(self, time: str, zone: str) -> None:
        super().__init__(
            _("%(time)s does not exist on that day in %(zone)s: the clocks go forward over it.", time=time, zone=zone)
        )


class RepeatedTimeError(InvalidInputError):
    """The clocks go back, and this time comes twice."""

    hint = _("Say whether you mean the first or the second.")

    def __init__(self, time: str, zone: str) -> None:
        super().__init__(
            _("%(time)s comes twice on that day in %(zone)s: the clocks go back over it.", time=time, zone=zone)
        )


def moment_of(written: str, zone: ZoneInfo, which: WhichTime | None = None) -> datetime:
    """Return the moment of "2027-03-28T08:30" in a zone, in UTC.

    Raise LocalTimeError, SkippedTimeError where it does not exist, and RepeatedTimeError where it comes twice and
    nothing says which one is meant.
    """
    found = _WRITTEN.fullmatch(written.strip())
    try:
        local = datetime.fromisoformat(f"{found[1]}T{found[2]}") if found else None
    except ValueError:
        local = None
    if found is None or local is None or local.year not in _YEARS:
        raise LocalTimeError
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != local:
        raise SkippedTimeError(found[2], zone.key)
    if first != second and which is None:
        raise RepeatedTimeError(found[2], zone.key)
    return second if which is WhichTime.SECOND else first


def local_time_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as a field of a form holds it, "2027-03-28T08:30"."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def next_change(after: datetime, zone: ZoneInfo, days: int = 400) -> datetime | None:
    """Return the first day after a moment, within so many, on which the clocks are moved; None where there is none."""
    start = after.astimezone(zone).replace(hour=12)  # they are moved at night
    offsets = ((start + timedelta(days=day), (start + timedelta(days=day)).utcoffset()) for day in range(1, days))
    return next((day for day, offset in offsets if offset != start.utcoffset()), None)

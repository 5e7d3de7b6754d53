"""Moments as people write them in front matter."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

# 2026-03-01; 2026/3/1 08:30; 2026年3月1日; 2026-03-01T08:30:00.5+08:00
_WRITTEN = re.compile(
    r"(\d{4})(?:-|/|\.|\s?年\s?)(\d{1,2})(?:-|/|\.|\s?月\s?)(\d{1,2})(?:\s?日)?"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_YEARS = range(1000, 9999)  # that calendars and time zones can reckon with


def read_moment(text: str) -> datetime | None:
    """Return the moment that a text says, without a zone where it says none; None where it says no moment."""
    found = _WRITTEN.fullmatch(text.strip())
    try:
        moment = _moment(found) if found else parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def _moment(found: re.Match[str]) -> datetime:
    *numbers, fraction, zone = found.groups(default="")
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    microsecond = int(fraction.ljust(6, "0")) if fraction else 0
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=_zone(zone))


def _zone(text: str) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))

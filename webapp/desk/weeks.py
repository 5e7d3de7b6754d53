"""This week beside the last in a few numbers, of what the library counts."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.kit.translatable import _
from webapp.reading_figures.models import ReadingKind
from webapp.reading_figures.reading_sums import counts_of_days, last_days

_WEEK = 7  # days, today included
_SHOWN = {
    ReadingKind.PREVIEW: _("Previews"),
    ReadingKind.GATE: _("Gate seen"),
    ReadingKind.CHECKOUT: _("Orders begun"),
    ReadingKind.PAID: _("Orders paid"),
    ReadingKind.FULL: _("Opened in full"),
}


@dataclass(frozen=True, slots=True)
class WeekFigure:
    """What was counted in the last seven days, and in the seven before."""

    label: str
    this_week: int
    last_week: int


def week_figures(session: Session, zone: str, now: datetime) -> list[WeekFigure]:
    """Return the numbers of two weeks, by the publisher's calendar."""
    days = [counts for _day, counts in counts_of_days(session, last_days(now, ZoneInfo(zone), 2 * _WEEK))]
    former, latter = days[:_WEEK], days[_WEEK:]
    return [
        WeekFigure(label, sum(day[kind] for day in latter), sum(day[kind] for day in former))
        for kind, label in _SHOWN.items()
    ]

"""Which days a page of money is about, as its address says: this month, the last thirty days, this year, or others."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request

from webapp.billing.ledger.added_up import DaySpan
from webapp.kit.translatable import _

MONTH, THIRTY, YEAR, CUSTOM = "month", "30", "year", "custom"
SPANS = ((MONTH, _("This month")), (THIRTY, _("Last 30 days")), (YEAR, _("This year")), (CUSTOM, _("Other days")))
_LONGEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class ChosenSpan:
    """Days that were chosen, by which of the choices; `problem` says what is wrong with the days that were typed."""

    choice: str
    days: DaySpan
    problem: str = ""


def chosen_span(today: date) -> ChosenSpan:
    """Return the days that the address asks for: this month, unless it names others."""
    choice = request.args.get("span", MONTH)
    if choice == THIRTY:
        return ChosenSpan(THIRTY, DaySpan(today - timedelta(days=29), today))
    if choice == YEAR:
        return ChosenSpan(YEAR, DaySpan(today.replace(month=1, day=1), today))
    if choice == CUSTOM:
        return _custom(today)
    return ChosenSpan(MONTH, DaySpan(today.replace(day=1), today))


def _custom(today: date) -> ChosenSpan:
    month = DaySpan(today.replace(day=1), today)
    try:
        first, last = (date.fromisoformat(request.args.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return ChosenSpan(CUSTOM, month, _("Please give two days, as 2026-03-01."))
    if first > last:
        first, last = last, first
    if last - first > _LONGEST:
        return ChosenSpan(CUSTOM, month, _("Please choose five years at most."))
    return ChosenSpan(CUSTOM, DaySpan(first, last))

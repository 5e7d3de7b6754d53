"""The charts of money, and the rows of the tables beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from webapp.billing.ledger.added_up import DaySpan, Total
from webapp.billing.ledger.money_figures import RecurringReport, Revenue, RevenueReport
from webapp.desk.charts import Series, draw_bars, draw_line
from webapp.kit.languages import gettext

_MOST_DAYS = 93  # of which each has a row and a bar; months have them in longer spans
_MOST_POINTS = 120
Shown = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """Revenue of a day, or of the days of a month."""

    label: str
    days: DaySpan
    revenue: Revenue


def revenue_rows(report: RevenueReport, span: DaySpan) -> list[RevenueRow]:
    """Return revenue by day; by month where the span is long. Days on which nothing moved are there, too."""
    by_day = len(span) <= _MOST_DAYS
    named = "%Y-%m-%d" if by_day else "%Y-%m"
    spans = {label: list(days) for label, days in groupby(span.days(), lambda day: day.strftime(named))}
    return [
        RevenueRow(
            label, DaySpan(days[0], days[-1]), _sum([report.by_day[day] for day in days if day in report.by_day])
        )
        for label, days in spans.items()
    ]


def _sum(revenues: list[Revenue]) -> Revenue:
    whole = Revenue(Total(), Total(), Total(), Total())
    for one in revenues:
        for into, total in (
            (whole.paid, one.paid),
            (whole.refunded, one.refunded),
            (whole.disputed, one.disputed),
            (whole.won_back, one.won_back),
        ):
            into.add(total.amount, total.tax, total.entries)
    return whole


def draw_revenue(rows: list[RevenueRow], shown: Shown) -> Markup:
    """Return the picture of what was paid each day, and what went back."""
    back = [one.revenue.net - one.revenue.paid.amount for one in rows]
    series = (
        Series(gettext("Payments received"), [one.revenue.paid.amount or None for one in rows]),
        Series(gettext("Went back"), [amount or None for amount in back]),
    )
    return draw_bars(gettext("Revenue"), [one.label for one in rows], series, shown)


def draw_recurring(report: RecurringReport, shown: Shown) -> Markup:
    """Return the picture of what recurred each month, at the end of each day; of long spans, of some days."""
    days = list(report.by_day)
    step = -(-len(days) // _MOST_POINTS)
    chosen = days[::-1][::step][::-1]
    series = (Series(gettext("Recurring revenue"), [report.by_day[day] for day in chosen]),)
    return draw_line(gettext("Recurring revenue"), [day.isoformat() for day in chosen], series, shown)

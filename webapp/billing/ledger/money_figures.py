"""The figures of money: revenue, what recurs and how it moved, who still pays; each made of entries of the ledger."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from webapp.billing.ledger.added_up import DaySpan, LedgerView, Total
from webapp.billing.ledger.ledger_models import MOVEMENTS, REVENUE, MoneyFigure
from webapp.billing.models import PlanKind

PlanKey = tuple[PlanKind, str]
_GAINS = (MoneyFigure.NEW, MoneyFigure.RETURNED)
_PAYERS = (*_GAINS, MoneyFigure.LOST)


@dataclass(frozen=True, slots=True)
class Revenue:
    """What was paid, and what went back: each a total with its sign."""

    paid: Total
    refunded: Total
    disputed: Total
    won_back: Total

    @property
    def net(self) -> int:
        """What is left, with the tax that was paid in it."""
        return self.paid.amount + self.refunded.amount + self.disputed.amount + self.won_back.amount


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """Revenue of a span: in all, by day, and by plan."""

    whole: Revenue
    by_day: dict[date, Revenue]
    by_plan: dict[PlanKey, Revenue]


@dataclass(frozen=True, slots=True)
class RecurringReport:
    """What recurs each month before a span and at its end, and what moved it; `by_day` is how it stood each day.

    `payers` counts readers who paid each month at the end.
    """

    opening: int
    moved: dict[MoneyFigure, Total]
    saved: Total
    by_day: dict[date, int]
    payers_before: int
    payers: int

    @property
    def closing(self) -> int:
        """What recurs each month at the end."""
        return self.opening + sum(total.amount for total in self.moved.values())


@dataclass(frozen=True, slots=True)
class Cohort:
    """Readers whose first recurring payment was in a month: how many they are, and how many paid n months later."""

    month: str
    readers: int
    paying: list[int]


def report_revenue(view: LedgerView, span: DaySpan) -> RevenueReport:
    """Return what was paid in a span and what went back, each on its own day."""
    totals = view.totals(REVENUE, ("figure", "day", "kind", "plan"), span.first, span.last)
    whole: dict[MoneyFigure, Total] = defaultdict(Total)
    days: dict[date, dict[MoneyFigure, Total]] = defaultdict(lambda: defaultdict(Total))
    plans: dict[PlanKey, dict[MoneyFigure, Total]] = defaultdict(lambda: defaultdict(Total))
    for (figure, day, kind, plan), total in totals.items():
        for into in (whole, days[day], plans[kind, plan]):
            into[figure].add(total.amount, total.tax, total.entries)
    by_plan = {key: _revenue(plans[key]) for key in plans}
    return RevenueReport(
        _revenue(whole),
        {day: _revenue(days[day]) for day in sorted(days)},
        dict(sorted(by_plan.items(), key=lambda one: (-one[1].net, one[0]))),
    )


def _revenue(totals: dict[MoneyFigure, Total]) -> Revenue:
    return Revenue(*(totals[figure] for figure in REVENUE))


def report_recurring(view: LedgerView, span: DaySpan) -> RecurringReport:
    """Return what recurs before a span and after, and what moved it; opening and movements are the closing."""
    before = view.totals(MOVEMENTS, ("figure",), last=span.day_before)
    during = view.totals(MOVEMENTS, ("figure", "day"), span.first, span.last)
    moved: dict[MoneyFigure, Total] = {figure: Total() for figure in MOVEMENTS}
    changes: dict[date, int] = defaultdict(int)
    for (figure, day), total in during.items():
        moved[figure].add(total.amount, total.tax, total.entries)
        changes[day] += total.amount
    opening = sum(total.amount for total in before.values())
    by_day, standing = {}, opening
    for day in span.days():
        standing += changes[day]
        by_day[day] = standing
    payers_before = _payers({figure: total for (figure,), total in before.items()})
    saved = view.totals((MoneyFigure.SAVED,), ("figure",), span.first, span.last)
    return RecurringReport(
        opening=opening,
        moved=moved,
        saved=saved.get((MoneyFigure.SAVED,), Total()),
        by_day=by_day,
        payers_before=payers_before,
        payers=payers_before + _payers(moved),
    )


def _payers(totals: dict[MoneyFigure, Total]) -> int:
    return sum(_sign(figure) * total.entries for figure, total in totals.items())


def _sign(figure: MoneyFigure) -> int:
    if figure in _GAINS:
        return 1
    return -1 if figure is MoneyFigure.LOST else 0


def report_cohorts(view: LedgerView, today: date, most: int = 12) -> list[Cohort]:
    """Return the cohorts of the last months, the oldest first; the present month counts as far as it has come."""
    changes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    sizes: dict[str, int] = defaultdict(int)
    for (figure, cohort, year, month), total in view.totals(_PAYERS, ("figure", "cohort", "month")).items():
        changes[cohort][f"{year:04}-{month:02}"] += _sign(figure) * total.entries
        sizes[cohort] += total.entries if figure is MoneyFigure.NEW else 0
    cohorts = []
    for cohort in sorted(changes)[-most:]:
        paying, held = [], 0
        for month_name in _months(cohort, f"{today:%Y-%m}"):
            held += changes[cohort][month_name]
            paying.append(held)
        cohorts.append(Cohort(cohort, sizes[cohort], paying))
    return cohorts


def _months(first: str, last: str) -> list[str]:
    """Return the months from one to another, as 2026-03."""
    begin, end = ((int(name[:4]) * 12 + int(name[5:]) - 1) for name in (first, last))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(begin, end + 1)]

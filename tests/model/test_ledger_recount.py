"""The figures of money are those of a recount from Stripe's own rows; LEDGER_SUBSCRIPTIONS=1500 for many."""

import logging
import os
from itertools import pairwise

import pytest

from tests.model.busy_year import BusyYear
from tests.model.recount import ZONE, Recount, recount
from tests.model.world import World, small_world
from webapp.billing.ledger.added_up import DaySpan, LedgerView, currencies_in_ledger
from webapp.billing.ledger.earlier_money import keep_ledger
from webapp.billing.ledger.entry_lists import total_recurring
from webapp.billing.ledger.ledger_check import find_differences
from webapp.billing.ledger.ledger_models import MoneyFigure
from webapp.billing.ledger.money_figures import report_cohorts, report_recurring, report_revenue

SUBSCRIPTIONS = int(os.environ.get("LEDGER_SUBSCRIPTIONS", "24"))
CURRENCIES = ["cny", "usd"]


@pytest.fixture(scope="module")
def year():
    logging.disable(logging.CRITICAL)
    with small_world() as world:
        BusyYear(world, SUBSCRIPTIONS).pass_by()
        keep_ledger(world.billing)
        yield world, recount(world)
    logging.disable(logging.NOTSET)


def by_day(view: LedgerView) -> dict[tuple[object, str], tuple[int, int]]:
    """Return amounts and numbers; of saved bills the number alone, their amounts stand in no row of Stripe's."""
    totals = view.totals(tuple(MoneyFigure), ("day", "figure"))
    for (_day, figure), total in totals.items():
        total.amount = 0 if figure is MoneyFigure.SAVED else total.amount
    return {(day, figure.value): (total.amount, total.entries) for (day, figure), total in totals.items()}


def counted_by_day(counted: Recount, currency: str) -> dict[tuple[object, str], tuple[int, int]]:
    keys = [key for key in counted.amounts if key[0] == currency]
    return {key[1:]: (counted.amounts[key], counted.numbers[key]) for key in keys}


def test_each_figure_of_each_day_is_that_of_a_recount(year):
    world, counted = year
    with world.database.reading() as session:
        assert sorted(currencies_in_ledger(session, world.billing.mode)) == CURRENCIES
        for currency in CURRENCIES:
            view = LedgerView(session, world.billing.mode, currency)
            assert by_day(view) == counted_by_day(counted, currency)
    happened = {figure for _currency, _day, figure in counted.amounts}
    assert happened == {figure.value for figure in MoneyFigure}  # or the year was too quiet


def test_what_recurs_and_who_still_pays_is_that_of_a_recount(year):
    world, counted = year
    today = world.now.astimezone(ZONE).date()
    with world.database.reading() as session:
        for currency in CURRENCIES:
            view = LedgerView(session, world.billing.mode, currency)
            span = DaySpan(today.replace(month=1, day=1), today)
            assert report_recurring(view, span).closing == counted.running[currency]
            assert total_recurring(view, today, ZONE).amount == counted.running[currency]
            paying = {one.month: one.paying[-1] for one in report_cohorts(view, today, 99)}
            assert paying == {month: number for (of, month), number in counted.cohorts.items() if of == currency}


def test_opening_and_movements_are_the_closing_and_months_add_up_to_the_year(year):
    world, _counted = year
    today = world.now.astimezone(ZONE).date()
    with world.database.reading() as session:
        for currency in CURRENCIES:
            view = LedgerView(session, world.billing.mode, currency)
            months = _months_until(world, today)
            reports = [report_recurring(view, span) for span in months]
            for before, after in pairwise(reports):
                assert after.opening == before.closing
                assert after.payers_before == before.payers
            assert all(report.by_day[span.last] == report.closing for report, span in zip(reports, months, strict=True))
            whole = report_revenue(view, DaySpan(months[0].first, today))
            assert sum(report_revenue(view, span).whole.net for span in months) == whole.whole.net
            assert sum(one.net for one in whole.by_plan.values()) == whole.whole.net
            assert sum(one.net for one in whole.by_day.values()) == whole.whole.net


def _months_until(world: World, today):
    first = world.now.astimezone(ZONE).date().replace(year=today.year - 2, month=1, day=1)
    starts = [first.replace(year=first.year + number // 12, month=number % 12 + 1) for number in range(37)]
    return [DaySpan(begin, DaySpan(end, end).day_before) for begin, end in pairwise(starts)]


def test_the_sums_are_what_the_rows_come_to(year):
    world, _counted = year
    with world.database.reading() as session:
        assert list(find_differences(session, world.billing.mode)) == []

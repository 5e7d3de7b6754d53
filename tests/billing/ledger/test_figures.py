"""What the ledger adds up to: by day, plan and currency, what moved, who still pays; with the rows of each."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from tests.factories.booked import book, noon, stand
from webapp.billing.ledger.added_up import DaySpan, LedgerView, Total, currencies_in_ledger
from webapp.billing.ledger.entry_lists import (
    EntryChoice,
    select_entries,
    select_recurring,
    total_entries,
    total_recurring,
)
from webapp.billing.ledger.entry_sums import sum_new_entries
from webapp.billing.ledger.ledger_models import (
    REVENUE,
    LedgerEntry,
    LedgerSum,
    MoneyFigure,
    PaymentStanding,
    SubscriptionStanding,
)
from webapp.billing.ledger.money_figures import report_cohorts, report_recurring, report_revenue
from webapp.billing.ledger.readers_by_plan import count_held_besides, count_subscribers
from webapp.billing.models import GrantSource, PlanKind
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.settings import Mode

MARCH = DaySpan(date(2027, 3, 1), date(2027, 3, 31))
MONTH, YEAR = (PlanKind.MONTH, "month"), (PlanKind.YEAR, "year")
UTC = ZoneInfo("UTC")


@pytest.fixture(params=["summed", "half", "not summed"])
def view(request, people, database):
    """Return the ledger of some months, its entries in their sums or not yet."""
    one, two = people.reader("one@example.com").id, people.reader("two@example.com").id
    with database.writing() as session:
        book(session, one, "payment", "2027-02-10", 2500, tax=100)
        book(session, one, "new", "2027-02-10", 2500, cohort="2027-02")
        book(session, two, "new", "2027-02-20", 2000, cohort="2027-02")
        book(session, two, "lost", "2027-03-05", -2000, cohort="2027-02")
        if request.param == "half":
            sum_new_entries(session, Mode.SANDBOX)
        book(session, one, "payment", "2027-03-10", 19800, kind=PlanKind.YEAR, plan="year", tax=900)
        book(session, one, "contraction", "2027-03-10", -850, kind=PlanKind.YEAR, plan="year", cohort="2027-02")
        book(session, one, "refund", "2027-03-10", -300)
        book(session, two, "payment", "2027-03-20", 2500)
        book(session, two, "returned", "2027-03-20", 2500, cohort="2027-02")
        book(session, two, "saved", "2027-03-25", 2500)
        book(session, one, "payment", "2027-03-31", 900, currency="usd")
        if request.param == "summed":
            while sum_new_entries(session, Mode.SANDBOX):
                pass
    with database.reading() as session:
        yield LedgerView(session, Mode.SANDBOX, "cny")


def test_revenue_is_what_was_paid_less_what_went_back_each_on_its_day(view):
    report = report_revenue(view, MARCH)
    assert (report.whole.paid, report.whole.refunded) == (Total(22300, 900, 2), Total(-300, 0, 1))
    assert report.whole.net == 22000
    assert {day.day: one.net for day, one in report.by_day.items()} == {10: 19500, 20: 2500}
    assert {plan: one.net for plan, one in report.by_plan.items()} == {YEAR: 19800, MONTH: 2200}


def test_opening_and_movements_are_the_closing(view):
    report = report_recurring(view, MARCH)
    moved = {figure.value: (total.amount, total.entries) for figure, total in report.moved.items() if total.entries}
    assert moved == {"lost": (-2000, 1), "contraction": (-850, 1), "returned": (2500, 1)}
    assert (report.opening, report.closing) == (4500, 4150)
    assert (report.payers_before, report.payers) == (2, 2)
    assert [report.by_day[date(2027, 3, day)] for day in (1, 5, 10, 19, 20, 31)] == [4500, 2500, 1650, 1650, 4150, 4150]
    assert report.saved == Total(2500, 0, 1)


def test_a_cohort_is_a_month_of_first_payment_and_tells_who_still_pays(view):
    (cohort,) = report_cohorts(view, date(2027, 4, 2))
    assert (cohort.month, cohort.readers, cohort.paying) == ("2027-02", 2, [2, 2, 2])
    view.session.rollback()


def test_currencies_are_never_added_up(view):
    assert currencies_in_ledger(view.session, view.mode) == ["cny", "usd"]
    usd = LedgerView(view.session, view.mode, "usd")
    assert report_revenue(usd, MARCH).whole.net == 900
    assert report_recurring(usd, MARCH).closing == 0
    assert report_cohorts(usd, date(2027, 4, 1)) == []


@pytest.mark.parametrize("plan", [None, MONTH, YEAR, (PlanKind.PASS, "pass")])
def test_the_rows_of_a_figure_come_to_it(view, plan):
    choice = EntryChoice(REVENUE, MARCH, plan)
    rows = [row for row, _email in view.session.execute(select_entries(view, choice, UTC))]
    total = total_entries(view, choice)
    assert (sum(row.amount for row in rows), len(rows)) == (total.amount, total.entries)
    assert all(row.value == Money(row.amount, "cny") for row in rows)


def test_rows_are_those_of_the_days_in_the_zone_of_the_ledger(view):
    choice = EntryChoice((MoneyFigure.PAYMENT,), DaySpan(date(2027, 3, 10), date(2027, 3, 10)))
    assert len(view.session.execute(select_entries(view, choice, UTC)).all()) == 1
    assert len(view.session.execute(select_entries(view, choice, ZoneInfo("Pacific/Kiritimati"))).all()) == 0


def test_what_recurred_on_a_day_is_listed_with_its_sum(people, database):
    one, two = people.reader("one@example.com").id, people.reader("two@example.com").id
    with database.writing() as session:
        stand(session, one, "2027-02-10", "2027-03-10", 2500)
        stand(session, one, "2027-03-10", None, 1650, kind=PlanKind.YEAR, plan="year")
        stand(session, two, "2027-02-20", "2027-03-05", 2000)
        stand(session, two, "2027-03-05", None, 0, standing=PaymentStanding.ENDED)
    with database.reading() as session:
        view = LedgerView(session, Mode.SANDBOX, "cny")
        for day, amounts in (
            ("2027-02-15", [2500]),
            ("2027-03-04", [2000, 2500]),
            ("2027-03-10", [1650]),
            ("2027-01-01", []),
        ):
            rows = session.execute(select_recurring(view, date.fromisoformat(day), UTC)).all()
            assert sorted(row.monthly for row, _email in rows) == amounts
            assert total_recurring(view, date.fromisoformat(day), UTC) == Total(sum(amounts), 0, len(amounts))
            assert all(row.each_month.minor_units == row.monthly for row, _email in rows)


def test_readers_are_counted_by_plan_and_what_was_given_apart(people, database, document):
    readers = [people.reader(f"{number}@example.com") for number in range(6)]
    with database.writing() as session:
        stand(session, readers[0].id, "2027-02-10", None, 2500)
        stand(session, readers[1].id, "2027-02-10", None, 2500)
        stand(session, readers[2].id, "2027-02-10", None, 0, standing=PaymentStanding.TRIAL)
        stand(session, readers[3].id, "2027-02-10", None, 0, standing=PaymentStanding.ENDED)
        stand(session, readers[4].id, "2027-02-10", None, 1650, kind=PlanKind.YEAR, plan="", currency="usd")
    people.grant(readers[5])
    people.grant(readers[5], source=GrantSource.PASS)
    people.grant(readers[5], source=GrantSource.DOCUMENT, document_id=document.id, lasts=None)
    people.grant(readers[4], source=GrantSource.PASS, revoked="refunded")
    with database.reading() as session:
        found = count_subscribers(session, Mode.SANDBOX, ["cny", "usd"])
        told = [(one.plan, one.currency, one.standing.value, one.number, one.each_month.minor_units) for one in found]
        assert told == [
            ("month", "cny", "paying", 2, 5000),
            ("month", "cny", "trial", 1, 0),
            ("", "usd", "paying", 1, 1650),
        ]
        held = count_held_besides(session, Mode.SANDBOX, clock.now())
        assert (held.passes, held.documents, held.complimentary) == (1, 1, 1)


@pytest.mark.sqlite("its plans of queries are what is looked at")
def test_no_figure_reads_a_table_from_end_to_end(people, database):
    statements = []
    with database.reading() as session:
        connection = session.connection()
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _c, _cursor, statement, given, _context, _many: statements.append((statement, given)),
        )
        view = LedgerView(session, Mode.SANDBOX, "cny")
        report_revenue(view, MARCH)
        report_recurring(view, MARCH)
        report_cohorts(view, date(2027, 4, 1))
        currencies_in_ledger(session, Mode.SANDBOX)
        count_subscribers(session, Mode.SANDBOX, ["cny"])
        count_held_besides(session, Mode.SANDBOX, noon("2027-03-01"))
        total_recurring(view, MARCH.last, UTC)
        for figures in (REVENUE, (MoneyFigure.NEW,)):
            session.execute(
                select_entries(view, EntryChoice(figures, MARCH), UTC).order_by(LedgerEntry.at.desc()).limit(51)
            )
        listed = select_recurring(view, MARCH.last, UTC).order_by(SubscriptionStanding.since.desc()).limit(51)
        session.execute(listed)
        asked = list(statements)
        plans = {}
        for statement, given in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            plans[statement] = " / ".join(row[3] for row in rows)
    assert len(plans) > 12
    for statement, plan in plans.items():
        assert "SCAN" not in plan, (statement, plan)
    assert LedgerSum.__tablename__ in str(asked)

"""Where billing periods begin and end."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.stripe_sandbox.billing_periods import Cycle


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("anchor", "interval", "count", "boundaries"),
    [
        ((2027, 1, 31, 9, 30), "month", 1, [(2027, 2, 28, 9, 30), (2027, 3, 31, 9, 30), (2027, 4, 30, 9, 30)]),
        ((2028, 1, 31), "month", 1, [(2028, 2, 29), (2028, 3, 31), (2028, 4, 30)]),
        ((2027, 1, 30), "month", 1, [(2027, 2, 28), (2027, 3, 30)]),
        ((2027, 11, 30), "month", 3, [(2028, 2, 29), (2028, 5, 30)]),
        ((2027, 12, 15), "month", 1, [(2028, 1, 15), (2028, 2, 15)]),
        ((2028, 2, 29), "year", 1, [(2029, 2, 28), (2030, 2, 28), (2031, 2, 28), (2032, 2, 29)]),
        ((2027, 3, 27, 23), "week", 2, [(2027, 4, 10, 23), (2027, 4, 24, 23)]),
        ((2027, 3, 27, 23, 59, 59), "day", 1, [(2027, 3, 28, 23, 59, 59)]),
    ],
)
def test_months_end_where_the_calendar_ends_them_and_come_back_to_the_anchors_day(anchor, interval, count, boundaries):
    cycle = Cycle(at(*anchor), interval, count)
    assert [cycle.boundary(number) for number in range(1, len(boundaries) + 1)] == [
        at(*moment) for moment in boundaries
    ]


def test_the_boundary_itself_belongs_to_the_next_period():
    cycle = Cycle(at(2027, 1, 31), "month")
    assert cycle.next_after(at(2027, 2, 28) - 1) == at(2027, 2, 28)
    assert cycle.next_after(at(2027, 2, 28)) == at(2027, 3, 31)


MOMENTS = st.integers(at(2020, 1, 1), at(2040, 1, 1))


@given(MOMENTS, st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 12), st.integers(0, 10**8))
def test_every_moment_lies_in_one_period(anchor, interval, count, later):
    cycle = Cycle(anchor, interval, count)
    moment = anchor + later
    number = next(number for number in range(10**6) if cycle.boundary(number) == cycle.next_after(moment))
    assert cycle.boundary(number - 1) <= moment < cycle.boundary(number)

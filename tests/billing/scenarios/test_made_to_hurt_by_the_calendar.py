"""Boundaries of time (scenario 36): the second of a renewal, the ends of months, the hour that summer takes."""

from calendar import isleap
from datetime import UTC, datetime, timedelta

import pytest

from tests.billing.scenarios.scene import DAY, HOUR, shown
from webapp.kit import clock

SECOND = timedelta(seconds=1)


def next_time(month: int, day: int, hour: int, minute: int = 0, *, leap: bool = False) -> datetime:
    """Return the next such moment in UTC, of a leap year or of a common one."""
    year = clock.now().year + 1
    while isleap(year) is not leap:
        year += 1
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def period_end(scene) -> datetime:
    return datetime.fromtimestamp(scene.subscription["items"]["data"][0]["current_period_end"], UTC)


def test_36_at_the_second_of_its_renewal_nobody_is_locked_out(scene):
    scene.bought("month")
    boundary = period_end(scene)
    for moment in (boundary - SECOND, boundary, boundary + SECOND):
        scene.wait_until(moment)
        assert scene.reads(), moment
    assert period_end(scene) > boundary + 27 * DAY
    scene.hear()
    assert scene.reads()
    assert scene.grants[0].ends_at == boundary + 7 * DAY, "the grace of a bill that is a draft"
    scene.pass_time(2 * HOUR)  # it is charged an hour later
    scene.hear()
    assert scene.grants[0].ends_at == period_end(scene) + DAY
    assert [receipt.amount for receipt in scene.receipts()] == [2500, 2500]
    assert scene.receipts()[1].period_starts_at == boundary


@pytest.mark.parametrize(("leap", "february"), [(False, 28), (True, 29)])
def test_36_the_31st_of_january_comes_back_after_february(scene, leap, february):
    scene.wait_until(next_time(1, 31, 10, leap=leap))
    scene.bought("month")
    ends = []
    for _ in range(3):
        ends.append(period_end(scene))
        assert scene.grants[0].ends_at == ends[-1] + DAY
        scene.wait_until(ends[-1] + 2 * HOUR)
        scene.hear()
        assert scene.reads()
    assert [(end.month, end.day) for end in ends] == [(2, february), (3, 31), (4, 30)]
    assert [receipt.period_starts_at.day for receipt in scene.receipts()] == [31, february, 31, 30]


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"timezone": "Europe/Berlin"})


@pytest.mark.parametrize(
    ("start", "first_day", "last_day"),
    [
        ((3, 5, 22, 30), "5 March", "6 April"),  # 23:30 in winter's time, 00:30 of the next day in summer's
        ((10, 10, 22, 30), "11 October", "10 November"),
    ],
)
def test_36_dates_are_the_publishers_on_both_sides_of_summer_time(scene, start, first_day, last_day):
    begin = next_time(*start)
    scene.wait_until(begin)
    scene.bought("month")
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    scene.hear()
    ends = period_end(scene)
    assert (ends.day, ends.hour, ends.minute) == (begin.day, 22, 30), "Stripe counts in UTC"
    assert (shown(begin, "Europe/Berlin"), shown(ends, "Europe/Berlin")) == (
        f"{first_day} {begin.year}",
        f"{last_day} {begin.year}",
    )
    assert f"until {last_day} {begin.year}" in scene.page()
    scene.wait_until(ends - SECOND)
    assert scene.reads()
    scene.wait_until(ends)
    assert not scene.reads()

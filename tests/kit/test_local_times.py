"""A moment that somebody writes by the clock on the wall is one moment, or it is said why it is none."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from webapp.kit.local_times import (
    LocalTimeError,
    RepeatedTimeError,
    SkippedTimeError,
    WhichTime,
    local_time_of,
    moment_of,
    next_change,
)

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
LORD_HOWE, KOLKATA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata")  # moved by half an hour; of half an hour


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "zone", "moment"),
    [
        ("2027-01-15T08:30", BERLIN, utc(2027, 1, 15, 7, 30)),
        ("2027-07-15 08:30", BERLIN, utc(2027, 7, 15, 6, 30)),
        ("2027-07-15T08:30:00", SHANGHAI, utc(2027, 7, 15, 0, 30)),
        ("2027-07-15T08:30", KOLKATA, utc(2027, 7, 15, 3, 0)),
        ("2027-01-15T08:30", LORD_HOWE, utc(2027, 1, 14, 21, 30)),
        ("2027-07-15T08:30", LORD_HOWE, utc(2027, 7, 14, 22, 0)),
        ("2027-03-28T01:59", BERLIN, utc(2027, 3, 28, 0, 59)),
        ("2027-03-28T03:00", BERLIN, utc(2027, 3, 28, 1, 0)),
        ("2027-10-03T02:30", LORD_HOWE, utc(2027, 10, 2, 15, 30)),
    ],
)
def test_a_time_of_the_zone_is_a_moment_and_is_written_so_again(written, zone, moment):
    assert moment_of(written, zone) == moment
    assert local_time_of(moment, zone) == written.replace(" ", "T")[:16]


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("2027-03-28T02:00", BERLIN),
        ("2027-03-28T02:59", BERLIN),
        ("2027-10-03T02:00", LORD_HOWE),
        ("2027-10-03T02:29", LORD_HOWE),
    ],
)
def test_a_time_that_the_clocks_leave_out_is_refused(written, zone):
    for which in (None, *WhichTime):
        with pytest.raises(SkippedTimeError) as told:
            moment_of(written, zone, which)
        assert told.value.args[0].values == {"time": written[-5:], "zone": zone.key}


@pytest.mark.parametrize(
    ("written", "zone", "first", "second"),
    [
        ("2027-10-31T02:30", BERLIN, utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30)),
        ("2027-04-04T01:45", LORD_HOWE, utc(2027, 4, 3, 14, 45), utc(2027, 4, 3, 15, 15)),
    ],
)
def test_a_time_that_comes_twice_is_asked_about(written, zone, first, second):
    with pytest.raises(RepeatedTimeError):
        moment_of(written, zone)
    assert [moment_of(written, zone, which) for which in WhichTime] == [first, second]
    assert local_time_of(first, zone) == local_time_of(second, zone) == written


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2027-02-30T08:00", "2027-02-03T24:00", "20270203T0800", "99999-01-01T00:00", "9999-12-31T23:59"],
)
def test_what_is_no_time_says_how_to_write_one(written):
    with pytest.raises(LocalTimeError):
        moment_of(written, BERLIN)


def test_the_next_day_on_which_the_clocks_are_moved_is_told():
    assert str(next_change(utc(2027, 1, 1), BERLIN).date()) == "2027-03-28"
    assert str(next_change(utc(2027, 4, 1), BERLIN).date()) == "2027-10-31"
    assert next_change(utc(2027, 1, 1), SHANGHAI) is None

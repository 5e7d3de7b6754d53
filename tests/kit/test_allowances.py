"""How often something may be tried: reckoned in whole milliseconds, without a store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.kit.allowances import Allowance, GrowingWait

NOW = 1_800_000_000_000
PACES = [Allowance(3, 10), Allowance(1, 0.2), GrowingWait((0, 0, 15, 30)), GrowingWait((5,))]


def tries(pace, moments):
    """Return how long each try is told to wait, of which those that wait are not made."""
    kept, waits = None, []
    for moment in moments:
        wait, after = pace.after(kept, moment)
        kept = kept if wait else after
        waits.append(wait)
    return waits


def test_so_many_are_let_through_at_once_and_then_one_each_so_many_seconds():
    moments = [NOW] * 4 + [NOW + 9_999, NOW + 10_000, NOW + 10_000]
    assert tries(Allowance(3, 10), moments) == [0, 0, 0, 10_000, 1, 0, 10_000]


def test_who_was_away_may_try_as_often_as_at_first_and_no_oftener():
    assert tries(Allowance(3, 10), [NOW] * 3 + [NOW + 10**9] * 4) == [0] * 6 + [10_000]


def test_waits_grow_with_each_try_up_to_the_last():
    kept, told = None, []
    now = NOW
    for _ in range(6):
        wait, kept = GrowingWait((0, 0, 15, 30)).after(kept, now)
        assert wait == 0
        told.append((kept.until - now) // 1000)
        now = kept.until
    assert told == [0, 0, 15, 30, 30, 30]


def test_tries_are_remembered_for_a_day_after_their_wait_and_then_forgotten():
    pace = GrowingWait((0, 15))
    _wait, kept = pace.after(None, NOW)
    _wait, kept = pace.after(kept, NOW)
    day = 86_400_000
    assert pace.after(kept, kept.until + day - 1)[1].tries == 3
    assert pace.after(kept, kept.until + day)[1].tries == 1


@pytest.mark.parametrize("pace", PACES, ids=str)
@given(steps=st.lists(st.integers(0, 40_000), min_size=1, max_size=40))
def test_the_wait_that_is_told_is_the_wait_there_is(pace, steps):
    kept, now = None, NOW
    for step in steps:
        now += step
        wait, after = pace.after(kept, now)
        if wait:
            assert pace.after(kept, now + wait)[0] == 0
            assert pace.after(kept, now + wait - 1)[0] == 1
        else:
            kept = after


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_a_clock_that_is_set_back_shuts_nobody_out(pace):
    kept = None
    for _ in range(9):
        wait, after = pace.after(kept, NOW)
        kept = kept if wait else after
    assert pace.after(kept, NOW - 86_400_000)[0] == 0


def test_a_try_that_does_not_count_is_as_if_it_had_not_been_made():
    pace = Allowance(3, 10)
    _wait, first = pace.after(None, NOW)
    _wait, second = pace.after(first, NOW)
    assert pace.undone(second) == first


def test_a_try_that_does_not_count_ends_a_growing_wait():
    pace = GrowingWait((5, 10))
    assert pace.undone(pace.after(None, NOW)[1]) is None

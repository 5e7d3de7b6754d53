"""The pages kept in memory: never more bytes than may be, and never one of another version."""

import gzip
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.kit.page_cache import CachedPage, PageCache

NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)


def version(number, minute=0):
    return number, NOON + timedelta(minutes=minute)


def kept(size: int, mark: str = "x", *, packs: bool = False) -> CachedPage:
    return CachedPage(b"x" * size, packs=packs, content_type="text/html", etag=mark)


def held(cache, names, number=1):
    return [name for name in names if cache.get(version(number), name)]


def test_the_cache_lets_the_longest_unused_go_first():
    cache = PageCache(most_bytes=9_000)
    for name in "abcd":
        cache.put(version(1), name, kept(2000))
        cache.get(version(1), "a")
    assert held(cache, "abcd") == ["a", "c", "d"]


def test_a_page_larger_than_the_whole_cache_is_not_kept_and_drives_nothing_out():
    cache = PageCache(most_bytes=9_000)
    for name in "abc":
        cache.put(version(1), name, kept(2000, name))
    for name in ("huge", "b"):
        cache.put(version(1), name, kept(8_501))
    assert cache.get(version(1), "huge") is None
    assert [cache.get(version(1), name).etag for name in "abc"] == ["a", "b", "c"]
    cache.put(version(1), "just so", kept(8_500))
    assert held(cache, ["a", "b", "c", "just so"]) == ["just so"]


def test_a_page_that_takes_the_place_of_a_smaller_one_counts_once():
    cache = PageCache(most_bytes=10_000)
    for name in "abc":
        cache.put(version(1), name, kept(2000))
    cache.put(version(1), "b", kept(4500))
    assert held(cache, "abc") == ["a", "b", "c"], "all of it is just as much as may be kept"
    cache.put(version(1), "b", kept(4501))
    assert held(cache, "abc") == ["b", "c"]
    cache.put(version(1), "b", kept(0))
    cache.put(version(1), "d", kept(6500))
    assert held(cache, "bcd") == ["b", "c", "d"], "what the larger one took is free again"


@pytest.mark.parametrize("body", [os.urandom(50_000), b"x" * 50_000, b""])
def test_a_page_is_charged_beforehand_for_what_it_will_take_packed(body):
    page = CachedPage(body, packs=True, content_type="text/html", etag="x")
    charged = page.size
    assert len(page.body) + len(page.packed) <= charged
    assert page.size == charged
    assert gzip.decompress(page.packed) == body


def test_packing_a_page_later_changes_no_count():
    cache = PageCache(most_bytes=10_000)
    for name in "abcd":
        cache.put(version(1), name, kept(2000, packs=True))
        assert cache.get(version(1), name).packed
    assert held(cache, "abcd") == ["c", "d"]


def test_an_answer_older_than_what_is_known_is_never_kept():
    cache = PageCache()
    cache.put(version(2), "page", kept(1, "new"))
    cache.put(version(1), "page", kept(1, "old"))
    cache.put(version(1), "other", kept(1, "old"))
    assert cache.get(version(2), "page").etag == "new"
    assert cache.get(version(2), "other") is None
    cache.put(version(3), "page", kept(1, "newer"))
    assert cache.get(version(3), "page").etag == "newer"
    assert cache.get(version(2), "page") is None


def test_a_version_that_went_back_shows_nothing_of_before_when_it_climbs_again():
    cache = PageCache()
    cache.put(version(10), "page", kept(1, "before"))
    assert cache.get(version(7), "page") is None
    cache.put(version(7), "page", kept(1, "restored"))
    assert cache.get(version(7), "page").etag == "restored"
    for number in (8, 9, 10):
        assert cache.get(version(number), "page") is None


def test_the_same_number_of_another_moment_is_another_version():
    cache = PageCache()
    for minute in (5, 6, 2):
        assert cache.get(version(10, minute), "page") is None
        cache.put(version(10, minute), "page", kept(1, str(minute)))
        assert cache.get(version(10, minute), "page").etag == str(minute)


STEPS = st.lists(st.tuples(st.sampled_from("gp"), st.integers(1, 4), st.sampled_from("abc"), st.integers(0, 6_000)))


@given(STEPS, st.integers(0, 8_000))
def test_whatever_is_done_a_page_is_of_the_version_asked_for_and_fits(steps, most_bytes):
    cache = PageCache(most_bytes)
    for do, number, name, size in steps:
        if do == "p":
            cache.put(version(number), name, kept(size, f"{number} {name}"))
        found = cache.get(version(number), name)
        assert found is None or (found.etag == f"{number} {name}" and found.size <= most_bytes)
        assert sum(page.size for one in "abc" if (page := cache.get(version(number), one))) <= most_bytes


def test_threads_never_see_a_page_of_another_version():
    """32 threads read and write while the version grows under them; the switch between them comes often."""
    cache, grown, together = PageCache(most_bytes=20_000), count(1), Barrier(32)
    latest = [1]

    def work(seed):
        together.wait()
        seen = 0
        for turn in range(400):
            if turn % 40 == seed:
                latest[0] = next(grown)
            number, name = latest[0], (seed + turn) % 7
            found = cache.get(version(number), name)
            assert found is None or found.etag == f"{number} {name}"
            seen += found is not None
            cache.put(version(number), name, kept((turn % 5) * 1500, f"{number} {name}"))
        return seen

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(32) as pool:
            assert sum(pool.map(work, range(32))) > 0
    finally:
        sys.setswitchinterval(interval)
    assert sum(page.size for name in range(7) if (page := cache.get(version(latest[0]), name))) <= 20_000

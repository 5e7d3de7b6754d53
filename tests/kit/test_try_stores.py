"""Where tries are counted: all stores count alike, whoever shares one counts together, and none is missed."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from threading import Thread

import pytest

from tests.factories.redis_server import redis_server
from webapp.kit import try_stores
from webapp.kit.allowances import Allowance, GrowingWait
from webapp.kit.redis_tries import RedisTries
from webapp.kit.try_stores import MemoryTries, SqliteTries, TriesWithFallback

NOW = 1_800_000_000_000
A, B = b"a" * 16, b"b" * 16
PACE, GROWING = Allowance(3, 10), GrowingWait((0, 15))


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as (url, _process):
        yield url


@pytest.fixture(params=["memory", "file", "redis"])
def opened(request, tmp_path):
    """Return what opens one and the same store."""
    if request.param == "memory":
        store = MemoryTries()
        return lambda: store
    if request.param == "file":
        return lambda: SqliteTries(tmp_path / "tries.sqlite")
    url = request.getfixturevalue("redis")
    RedisTries(url).clear()
    return lambda: RedisTries(url)


@pytest.fixture
def store(opened):
    return opened()


def test_tries_are_counted_and_their_wait_is_told(store):
    waits = [store.take([(A, PACE)], NOW) for _ in range(4)] + [store.take([(A, PACE)], NOW + 9_999)]
    assert [*waits, store.take([(A, PACE)], NOW + 10_000)] == [0, 0, 0, 10_000, 1, 0]


def test_each_key_is_counted_by_itself(store):
    assert [store.take([(A, PACE)], NOW) for _ in range(4)][-1] > 0
    assert store.take([(B, PACE)], NOW) == 0


def test_of_several_limits_the_longest_wait_is_told_and_none_is_charged(store):
    once = Allowance(1, 60)
    assert store.take([(A, once), (B, PACE)], NOW) == 0
    assert store.take([(A, once), (B, PACE)], NOW + 1_000) == 59_000
    assert [store.take([(B, PACE)], NOW) for _ in range(3)] == [0, 0, 10_000]


def test_what_is_undone_does_not_count(store):
    demands = [(A, PACE), (B, GROWING)]
    for _ in range(9):
        assert store.take(demands, NOW) == 0
        store.undo(demands, NOW)
    store.undo(demands, NOW)  # also where nothing is left to undo
    assert store.take(demands, NOW) == 0


def test_what_is_undone_between_others_leaves_these(store):
    for _ in range(3):
        store.take([(A, PACE)], NOW)
    store.undo([(A, PACE)], NOW)
    assert [store.take([(A, PACE)], NOW) for _ in range(2)] == [0, 10_000]


def test_all_that_share_a_store_count_together(opened):
    workers = [opened() for _ in range(2)]
    assert [workers[number % 2].take([(A, PACE)], NOW) for number in range(4)] == [0, 0, 0, 10_000]


def test_all_can_be_forgotten(store):
    assert [store.take([(A, PACE)], NOW) for _ in range(4)][-1] > 0
    store.clear()
    assert store.take([(A, PACE)], NOW) == 0


def test_no_more_get_through_than_may_when_many_try_at_once(opened):
    """A check before and a count afterwards would let all of them through."""
    passed = []

    def work(store):
        passed.extend([1] * [store.take([(A, Allowance(10, 3600))], NOW) for _ in range(10)].count(0))

    threads = [Thread(target=work, args=(opened(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 10


def test_two_processes_count_together(tmp_path):
    path = tmp_path / "tries.sqlite"
    SqliteTries(path).take([(B, PACE)], NOW)  # of two that make the file at once one may be told that it is locked
    program = (
        "import sys; from pathlib import Path; from webapp.kit.allowances import Allowance;"
        "from webapp.kit.try_stores import SqliteTries; store = SqliteTries(Path(sys.argv[1]));"
        f"print([store.take([({A!r}, Allowance(50, 3600))], {NOW}) for _ in range(40)].count(0))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    passed = [int(process.communicate(timeout=60)[0]) for process in both]
    assert sum(passed) == 50
    assert all(passed)


def test_what_says_nothing_any_more_is_deleted(tmp_path):
    path = tmp_path / "tries.sqlite"
    store = SqliteTries(path)
    store.take([(A, PACE)], NOW)
    store.take([(B, PACE)], NOW + 60_001)
    with closing(sqlite3.connect(path)) as looked_at:
        assert [key for (key,) in looked_at.execute("SELECT key FROM tries")] == [B]


def test_redis_forgets_by_itself(redis):
    store = RedisTries(redis)
    store.clear()
    store.take([(A, PACE)], NOW)
    (name,) = store._redis.scan_iter("*")
    assert 9_000 < store._redis.pttl(name) <= 10_000


def test_memory_has_an_end(monkeypatch):
    """Ayushh-Sharmaa/NexaSphere#1056: what stands in for Redis must not grow with every stranger."""
    monkeypatch.setattr(try_stores, "_MOST_IN_MEMORY", 100)
    store = MemoryTries()
    for number in range(1_000):
        assert store.take([(number.to_bytes(16), GROWING)], NOW) == 0
    assert len(store._kept) == 100


def test_a_store_that_fails_lets_through_as_many_as_memory_does(tmp_path, caplog):
    """aasmanj/altarwed#637: a limiter that lets everything through while Redis is down limits nothing just then."""
    store = TriesWithFallback(SqliteTries(tmp_path / "no such folder" / "tries.sqlite"))
    with caplog.at_level(logging.WARNING):
        assert [store.take([(A, PACE)], NOW) for _ in range(4)] == [0, 0, 0, 10_000]
        store.undo([(A, PACE)], NOW)
        assert store.take([(A, PACE)], NOW) == 0
    assert len([one for one in caplog.records if "limits" in one.message]) == 1, "said once, not for each try"


def test_what_is_undone_while_the_store_fails_is_undone_in_memory(tmp_path):
    store = TriesWithFallback(SqliteTries(tmp_path / "no such folder" / "tries.sqlite"))
    store.undo([(A, PACE)], NOW)
    assert [store.take([(A, PACE)], NOW) for _ in range(4)][-1] > 0


def test_a_store_that_is_back_is_asked_again(tmp_path):
    path = tmp_path / "later"
    store = TriesWithFallback(SqliteTries(path / "tries.sqlite"))
    assert store.take([(A, GROWING)], NOW) == 0
    path.mkdir()
    assert store.take([(A, GROWING)], NOW + 4_999) == 0
    assert not list(path.iterdir())
    assert store.take([(A, GROWING)], NOW + 5_000) == 0
    assert list(path.iterdir())
    store.undo([(A, GROWING)], NOW + 5_000)
    store.clear()


def test_redis_may_die_and_come_back(tmp_path, caplog):
    with redis_server(tmp_path) as (url, process):
        store = TriesWithFallback(RedisTries(url))
        assert [store.take([(A, PACE)], NOW) for _ in range(3)] == [0, 0, 0]
        process.kill()
        process.wait()
        with caplog.at_level(logging.WARNING):
            waits = [store.take([(A, PACE)], NOW) for _ in range(4)]
    assert waits == [0, 0, 0, 10_000]
    assert "this process alone" in caplog.text


def test_while_redis_is_away_all_processes_together_let_through_a_bounded_number(tmp_path):
    """selhorys/dataspoke-baseline#112: each process counts for itself, so it is the limit times their number."""
    processes, limit = 4, Allowance(3, 3600)
    with redis_server(tmp_path) as (url, process):
        stores = [TriesWithFallback(RedisTries(url)) for _ in range(processes)]
        assert [stores[number % processes].take([(A, limit)], NOW) for number in range(3)] == [0, 0, 0]
        process.kill()
        process.wait()
        passed = [stores[number % processes].take([(A, limit)], NOW + number) for number in range(200)].count(0)
    assert passed == processes * limit.at_once


def test_what_redis_had_counted_holds_when_it_is_back(tmp_path):
    """It stood still, or its network was cut: its counts are there, and who had used up their tries has none."""
    with redis_server(tmp_path) as (url, process):
        store = TriesWithFallback(RedisTries(url))
        assert [store.take([(A, PACE)], NOW) for _ in range(4)] == [0, 0, 0, 10_000]
        os.kill(process.pid, signal.SIGSTOP)
        meanwhile = [store.take([(A, PACE)], NOW) for _ in range(4)]
        os.kill(process.pid, signal.SIGCONT)
        assert meanwhile == [0, 0, 0, 10_000]
        assert store.take([(A, PACE)], NOW + 5_000) == 5_000

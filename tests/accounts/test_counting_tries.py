"""Tries are counted by all processes and machines together, name nobody, and believe a proxy only where set."""

import subprocess
import sys

import pytest
from redis import Redis

from tests.accounts.limited_house import FREE, OWNER, STRANGER, LimitedHouse
from tests.factories.redis_server import redis_server
from webapp import create_app
from webapp.kit import clock, limits
from webapp.kit.http import database as database_of
from webapp.kit.limits import set_limits
from webapp.settings import load_settings


def test_workers_count_together(limited_house, settings):
    other = LimitedHouse(create_app(settings), limited_house.time)
    houses = (limited_house, other)
    assert [houses[number % 2].guess(1)[0] for number in range(FREE + 1)] == [401] * FREE + [429]
    with other.app.app_context():
        database_of().close()


WORKER = """
import sys, time_machine
from tests.accounts.limited_house import LimitedHouse
from webapp import create_app
from webapp.settings import load_settings
app = create_app(load_settings(instance=sys.argv[1], secret_key="k" * 40))
with time_machine.travel(float(sys.argv[2]), tick=False):
    print(*LimitedHouse(app, None).guess(5))
"""


def test_processes_count_together(instance):
    run = [sys.executable, "-c", WORKER, str(instance), str(clock.now().timestamp())]
    both = [subprocess.Popen(run, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [status for process in both for status in process.communicate(timeout=120)[0].split()]
    assert sorted(map(int, answers)) == [401] * FREE + [429] * (10 - FREE)


@pytest.fixture
def redis_house(instance):
    """Return what makes a house on a Redis."""
    apps = []

    def make(url: str, time: object = None) -> LimitedHouse:
        apps.append(create_app(load_settings(instance=instance, secret_key="k" * 40, redis_url=url)))
        return LimitedHouse(apps[-1], time)

    yield make
    for app in apps:
        with app.app_context():
            database_of().close()


def test_machines_count_together_in_redis(redis_house, tmp_path):
    with redis_server(tmp_path) as (url, _process):
        houses = [redis_house(url), redis_house(url)]
        assert [houses[number % 2].guess(1)[0] for number in range(FREE + 1)] == [401] * FREE + [429]


def test_a_redis_that_is_not_there_neither_shuts_out_nor_opens(redis_house, caplog):
    house = redis_house("redis://:a-password-of-ours@127.0.0.1:1/0")
    assert house.guess(FREE + 1) == [401] * FREE + [429]
    assert "this process alone" in caplog.text
    assert "a-password-of-ours" not in caplog.text


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_forwarded_for_is_believed_as_far_as_it_is_set(instance, proxies, caplog, monkeypatch):
    """AtalayaLabs/OxiCloud#323: who made up the header was another source with each try."""
    monkeypatch.setattr(limits._Switch, "warned", False)
    app = create_app(load_settings(instance=instance, secret_key="k" * 40, trusted_proxies=proxies))
    house = LimitedHouse(app, None)

    def tried(forwarded):
        client = house.browser()
        client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
        return house.guess(1, client)[0]

    made_up = [tried(", ".join([f"198.51.100.{number}", *["192.0.2.9"] * proxies])) for number in range(FREE + 1)]
    assert made_up == [401] * FREE + [429]
    behind = tried(", ".join(["192.0.2.10", *["10.0.0.1"] * (proxies - 1)]) if proxies else "192.0.2.10")
    assert behind == (401 if proxies else 429)
    assert caplog.text.count("X-Forwarded-For is not believed") == (not proxies), "once, and not for each request"
    with app.app_context():
        database_of().close()


def kept_of_tries(settings):
    """Return all that is kept, in Redis where all tests run with it."""
    if not settings.redis_url:
        return b"".join(path.read_bytes() for path in settings.instance.glob("tries.sqlite*"))
    with Redis.from_url(settings.redis_url) as redis:
        kept = [(name.rpartition(b":")[2], redis.get(name)) for name in redis.scan_iter()]
    return b" ".join(bytes.fromhex(name.decode()) + b" " + value for name, value in kept)


def test_what_is_kept_names_nobody(limited_house, settings):
    limited_house.guess(2)
    kept = kept_of_tries(settings)
    assert kept
    for word in (OWNER, "xn--fa-hia", STRANGER, "password", "sign"):
        assert word.encode() not in kept.replace(b"CREATE", b"")


def test_limits_can_be_set_aside_for_a_process(limited_house):
    set_limits(on=False)
    try:
        assert limited_house.guess(FREE + 5) == [401] * (FREE + 5)
    finally:
        set_limits(on=True)

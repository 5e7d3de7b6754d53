"""Events that come without end while processes are killed or the database goes: none that was taken is lost."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine

from tests.factories.postgres_server import MISSING, postgres_programs
from tests.faults.killed_writers import kill_while_writing
from tests.faults.writing_load import TAKEN, loaded_house
from tests.front.serving import wait_until

KILLS = 3  # `make night` has 50
AWAY_SECONDS = 10
CROWD = 24
MOST_SECONDS = 9  # five on a machine with nothing else to do
PAGES = ("/account", "/library", "/library/bookmarks")
SENTENCE = "The library cannot reach its database right now"


@pytest.fixture
def on_postgresql(tmp_path):
    if postgres_programs() is None:
        pytest.skip(MISSING)
    with loaded_house(tmp_path, on_postgresql=True) as built:
        yield built


def test_what_was_taken_before_a_kill_is_there_after_it_and_once(loaded):
    load = kill_while_writing(loaded, KILLS, random.Random(1))
    assert len(load.taken) > KILLS
    assert loaded.lost(load) == set()
    assert loaded.held() == (1, 1)
    assert load.answers[500] == 0


def test_a_database_that_stops_and_comes_back_is_told_and_nothing_is_lost(on_postgresql):
    """As after a crash of its machine: `pg_ctl stop -m immediate`, and a start that recovers from the log."""
    loaded = on_postgresql
    with loaded.served() as site:
        load = loaded.load(site)
        with load.going_on():
            wait_until(lambda: len(load.taken) > 5)
            loaded.server.stop_at_once()
            time.sleep(AWAY_SECONDS)
            shown = {page: site.ask("GET", page, loaded.cookie) for page in PAGES}
            loaded.server.start()
            before = len(load.taken)
            wait_until(lambda: len(load.taken) > before + 5)
            wait_until(lambda: site.ask("GET", "/account", loaded.cookie).status == 200)
            wait_until(lambda: site.answers("/readyz/worker"))
        assert site.process.poll() is None
    assert {page: answer.status for page, answer in shown.items()} == dict.fromkeys(PAGES, 503)
    assert all(SENTENCE in answer.text for answer in shown.values())
    assert set(load.answers) <= {*TAKEN, 503, "no answer"}
    assert load.answers[503]
    assert loaded.lost(load) == set()
    assert loaded.held() == (1, 1)


def test_while_a_database_stands_still_everybody_is_told_so_in_seconds(on_postgresql):
    """All of a crowd is answered while it stands still, those in the queue, too; it was two minutes and more."""
    loaded = on_postgresql
    with loaded.served() as site:
        load, document = loaded.load(site), quote(f"/d/{loaded.house.document.slug}")

        def ask(number: int) -> tuple[int | str, float]:
            begun = time.monotonic()
            if number % 3 == 0:
                return load.post(), time.monotonic() - begun
            form = {"csrf_token": loaded.house.token}
            way = ("GET", "/account", loaded.cookie), ("POST", f"{document}/bookmark", loaded.cookie, form)
            return site.ask(*way[number % 3 - 1]).status, time.monotonic() - begun

        assert {ask(number)[0] for number in range(9)} <= {*TAKEN, 200, 303}
        with standing_still(loaded.server), ThreadPoolExecutor(CROWD) as crowd:
            told = [answer for _again in range(3) for answer in crowd.map(ask, range(CROWD))]
        wait_until(lambda: load.post() in TAKEN)
        wait_until(lambda: site.ask("GET", "/account", loaded.cookie).status == 200)
        wait_until(lambda: site.answers("/readyz/worker"))
    assert {status for status, _seconds in told} == {503}
    assert max(seconds for _status, seconds in told) < MOST_SECONDS
    assert set(load.answers) <= {*TAKEN, 503}
    assert loaded.lost(load) == set()
    assert loaded.held() == (1, 1)


@contextmanager
def standing_still(server):
    """Have all processes of a PostgreSQL stand still meanwhile: it takes connections and says nothing."""
    standing = server.processes()
    for process in standing:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(standing):
            os.kill(process, signal.SIGCONT)


def test_a_database_that_can_only_be_read_is_told_and_read(on_postgresql):
    """As a standby that took over and was not told to write yet, or one that is kept from writing by its operator."""
    loaded = on_postgresql
    engine = create_engine(loaded.server.url(), isolation_level="AUTOCOMMIT")

    def let_write(written: str) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"ALTER SYSTEM SET default_transaction_read_only = {written}")
            connection.exec_driver_sql("SELECT pg_reload_conf()")

    with loaded.served() as site:
        load, document = loaded.load(site), quote(f"/d/{loaded.house.document.slug}")
        wait_until(lambda: load.post() in TAKEN)
        let_write("on")
        wait_until(lambda: load.post() not in TAKEN)
        saved = site.ask("POST", f"{document}/bookmark", loaded.cookie, {"csrf_token": loaded.house.token})
        pages = {path: site.ask("GET", path, loaded.cookie).status for path in ("/", document, "/account")}
        let_write("off")
        wait_until(lambda: load.post() in TAKEN)
    engine.dispose()
    assert (saved.status, "Nothing can be saved right now" in saved.text) == (503, True)
    assert pages == {"/": 200, document: 200, "/account": 200}
    assert set(load.answers) <= {*TAKEN, 503}
    assert loaded.lost(load) == set()

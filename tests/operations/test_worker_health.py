"""A background worker that does nothing: who sees it, and who is told."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from tests.factories.postgres_database import on_postgres
from webapp.billing.stripe_models import Alert
from webapp.kit import clock, heartbeat
from webapp.kit.heartbeat import Heartbeat, beat, end_heartbeat, find_heartbeat
from webapp.kit.http import database as database_of
from webapp.operations.worker import show_life

# A worker whose minute is two seconds long.
QUICK = """
import sys
from datetime import timedelta
from webapp.kit import heartbeat
heartbeat.BEAT_SECONDS, heartbeat.SILENCE = 0.2, timedelta(seconds=2)
from webapp.operations import worker
from webapp.settings import load_settings
worker.run_jobs(load_settings(instance=sys.argv[1]))
"""
PATIENCE_SECONDS = 60


@pytest.fixture
def worker(app, instance, monkeypatch):
    monkeypatch.setattr(heartbeat, "SILENCE", timedelta(seconds=2))
    process = subprocess.Popen([sys.executable, "-c", QUICK, str(instance)], stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def until(client):
    def wait(status, words):
        end = time.monotonic() + PATIENCE_SECONDS
        answer = client.get("/readyz/worker")
        while answer.status_code != status and time.monotonic() < end:
            time.sleep(0.1)
            answer = client.get("/readyz/worker")
        assert (answer.status_code, words in answer.text) == (status, True), answer.text

    return wait


def alerts(database):
    with database.reading() as session:
        return [alert.code for alert in session.scalars(select(Alert))]


def test_a_worker_that_is_stopped_is_seen_and_told_of_when_it_goes_on(worker, until, client, database):
    until(200, "background worker: ok")
    os.kill(worker.pid, signal.SIGSTOP)
    until(503, "silent since")
    ready = client.get("/readyz")
    assert (ready.status_code, "silent since" in ready.text) == (200, True)
    assert client.get("/").status_code == 200
    os.kill(worker.pid, signal.SIGCONT)
    until(200, "background worker: ok")
    assert alerts(database) == ["worker-silent"]


def test_a_worker_that_is_killed_is_seen(worker, until):
    until(200, "ok")
    worker.kill()
    until(503, "silent since")


def test_a_worker_that_is_locked_out_of_the_database_is_seen(worker, until, database):
    until(200, "ok")
    with database.writing() as session:
        if on_postgres():  # where a writer locks what it writes alone
            session.execute(text("LOCK TABLE heartbeats IN EXCLUSIVE MODE"))
        else:
            session.connection()
        until(503, "silent since")
    until(200, "ok")


def test_a_worker_that_ends_as_it_should_is_missed_without_alarm(worker, until, database):
    until(200, "ok")
    worker.terminate()
    worker.wait(PATIENCE_SECONDS)
    until(503, "not running")
    assert alerts(database) == []


def test_time_that_moves_at_the_sandbox_silences_nobody(billing, client):
    clock.set_clock_offset(timedelta)
    show_life(billing)
    clock.set_clock_offset(lambda: timedelta(days=40))
    assert client.get("/readyz/worker").status_code == 200


def test_a_beat_late_by_a_minute_tells_the_publisher_once(billing, database):
    show_life(billing)
    show_life(billing)
    assert alerts(database) == []

    def age(session):
        session.get(Heartbeat, "worker").beat_at = clock.machine_now() - timedelta(seconds=61)

    database.write(age)
    show_life(billing)
    show_life(billing)
    assert alerts(database) == ["worker-silent"]


def test_without_a_worker_there_is_nothing_to_end(database):
    database.write(end_heartbeat)
    with database.reading() as session:
        assert find_heartbeat(session) is None
    assert database.write(beat) is None


@pytest.mark.parametrize("path", ["/readyz", "/readyz/worker"])
def test_without_a_database_nothing_is_ready(app, client, path, monkeypatch):
    def broken(_database):
        raise OperationalError("SELECT 1", None, Exception("unable to open database file"))

    monkeypatch.setattr("webapp.health.views.schema_age", broken)
    assert client.get(path).status_code == 503


def test_with_the_tables_of_another_version_nobody_asks_for_the_worker(app, client):
    with app.app_context(), database_of().writing_plainly() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'gone'"))
    assert client.get("/readyz/worker").status_code == 503

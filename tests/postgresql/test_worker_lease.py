"""One worker of all hosts works at a time; another takes over from one that was killed or cut off."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as enumerate_threads

import pytest
from sqlalchemy import text

from webapp.kit.worker_lease import hold_worker_lease

TAKEN_OVER = 15.0  # seconds
HOLDER = """
import sys, time
from pathlib import Path
from webapp.kit.database import Database
from webapp.kit.worker_lease import hold_worker_lease
with hold_worker_lease(Database(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(600)
"""
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'paidspan worker'"


class Holder:
    """A process that wants the lease."""

    def __init__(self, url, file):
        command = [sys.executable, "-c", HOLDER, url, str(file)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        self._holds = Event()
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self):
        if self.process.stdout.readline() == "held\n":
            self._holds.set()

    def holds_within(self, seconds):
        return self._holds.wait(seconds)

    def end(self):
        self.process.kill()
        self.process.wait()
        self._listening.join()
        self.process.stdout.close()


@pytest.fixture
def holder(url, tmp_path):
    made = []

    def start():
        made.append(Holder(url, tmp_path / "lock"))
        return made[-1]

    yield start
    for one in made:
        one.end()


def test_another_one_takes_over_from_who_was_killed(holder):
    first = holder()
    assert first.holds_within(TAKEN_OVER)
    second = holder()
    assert not second.holds_within(3)
    first.process.kill()
    assert second.holds_within(TAKEN_OVER)


def test_who_is_cut_off_ends_and_another_takes_over(holder, database):
    first = holder()
    assert first.holds_within(TAKEN_OVER)
    with database.writing_plainly() as connection:
        connection.execute(text(CUT))
    assert first.process.wait(TAKEN_OVER) == 1
    assert holder().holds_within(TAKEN_OVER)


def test_it_is_given_back_at_the_end(database, tmp_path, another):
    for held in (database, another, database):
        with hold_worker_lease(held, tmp_path / "lock", lambda: pytest.fail("it was lost")):
            pass


def test_a_pooler_that_takes_it_away_is_noticed(database, tmp_path):
    """A connection that is lent for a transaction only is another one the next time, without the lock."""
    lost = Event()
    with hold_worker_lease(database, tmp_path / "lock", lost.set):
        with database.writing_plainly() as connection:
            holders = "SELECT pid FROM pg_stat_activity WHERE application_name = 'paidspan worker'"
            assert connection.execute(text(holders)).scalar()
        assert not lost.wait(2)
        held = [thread for thread in enumerate_threads() if thread.name == "lease"]
        held[0]._args[0].exec_driver_sql("SELECT pg_advisory_unlock_all()")
        assert lost.wait(5)

"""What the doctor says of the work that the library lives on."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from tests.factories.old_editions import make_old
from webapp.kit import clock
from webapp.kit.heartbeat import Heartbeat
from webapp.kit.instance_identity import InstanceIdentity, note_audit, note_backup, note_instance
from webapp.operations.doctor import library_checks
from webapp.operations.worker import show_life
from webapp.search.index import rebuild_index

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def introduced(database):
    database.write(partial(note_instance, base_url=ADDRESS))
    return database


def aged(database, kind, key, **columns):
    def age(session):
        row = session.get_one(kind, key)
        for name, by in columns.items():
            setattr(row, name, clock.machine_now() - by)

    database.write(age)


def test_a_machine_with_chinese_fonts_is_good_and_one_without_is_warned_of(verdict, monkeypatch):
    monkeypatch.setattr(library_checks, "chinese_fonts", lambda: ("Noto Serif CJK SC",))
    assert verdict("fonts")[0] == "good"
    monkeypatch.setattr(library_checks, "chinese_fonts", tuple)
    assert verdict("fonts")[0] == "warning"


def test_a_worker_is_said_to_work_and_where_then_to_be_silent(verdict, billing, database):
    assert verdict("worker")[0] == "broken"
    show_life(billing)
    with database.reading() as session:
        host = session.get_one(Heartbeat, "worker").host
    assert host
    assert verdict("worker") == ("good", f"The background worker works on {host}. ")
    aged(database, Heartbeat, "worker", beat_at=timedelta(minutes=3))
    found, line = verdict("worker")
    assert (found, f"on {host} is silent since" in line) == ("broken", True)


def test_what_search_misses_or_holds_too_much_is_counted(verdict, document, database):
    assert verdict("search")[0] == "good"
    with database.writing_plainly() as connection:
        connection.execute(text("DELETE FROM search_entries"))
    found, line = verdict("search")
    assert (found, "wrong about 1 documents" in line) == ("warning", True)
    for _done in rebuild_index(database):
        pass
    assert verdict("search")[0] == "good"
    with database.writing_plainly() as connection:
        connection.execute(text("UPDATE documents SET state = 'withdrawn'"))
    assert verdict("search")[0] == "warning"


def test_documents_of_an_older_renderer_are_counted(verdict, document, database):
    assert verdict("editions")[0] == "good"
    make_old(database)
    found, line = verdict("editions")
    assert (found, "1 documents wait" in line) == ("warning", True)


def test_leaks_and_audits_that_are_not_made_are_told(verdict, introduced):
    assert verdict("leaks")[0] == "warning"
    introduced.write(partial(note_audit, found=0))
    assert verdict("leaks")[0] == "good"
    aged(introduced, InstanceIdentity, 1, audited_at=timedelta(days=8))
    assert verdict("leaks")[0] == "warning"
    introduced.write(partial(note_audit, found=2))
    found, line = verdict("leaks")
    assert (found, "found 2 leaks" in line) == ("broken", True)


def test_backups_that_are_missing_or_old_are_warned_of(verdict, introduced):
    assert verdict("backups")[0] == "warning"
    introduced.write(partial(note_backup, place="/backups/today.tar.gz"))
    found, line = verdict("backups")
    assert (found, "/backups/today.tar.gz" in line) == ("good", True)
    aged(introduced, InstanceIdentity, 1, backed_up_at=timedelta(days=8))
    assert verdict("backups")[0] == "warning"

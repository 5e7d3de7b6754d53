"""What the doctor says of a database: one that is well, and one that really is not."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from webapp.kit import clock
from webapp.operations.doctor import database_checks

KEY = {"stripe_secret_key": "sk_test_of_nobody"}


def test_a_database_that_is_there_is_good(verdict):
    assert verdict("database")[0] == "good"


def test_none_is_broken_and_nothing_that_needs_it_is_looked_at(verdict, file):
    file.unlink()
    assert verdict("database")[0] == "broken"
    assert verdict("mails")[0] == "skipped"
    assert not file.exists(), "nor is it made"


def test_a_file_that_is_no_database_is_broken(verdict, file):
    file.write_bytes(b"no database at all " * 500)
    found, line = verdict("database")
    assert (found, "is damaged, or is none" in line, "paidspan restore" in line) == ("broken", True, True)


def test_a_server_that_is_down_is_broken(verdict):
    found, line = verdict("database", database_url="postgresql://somebody:secret@127.0.0.1:1/none")
    assert (found, "secret" in line) == ("broken", False)


@pytest.mark.parametrize(
    ("step", "found", "mend"),
    [("0003", "broken", "takes the missing steps"), ("9999", "broken", "Install that version or a later one")],
)
def test_tables_of_another_version_are_broken(verdict, database, step, found, mend):
    assert verdict("schema")[0] == "good"
    with database.writing_plainly() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{step}'")
    said, line = verdict("schema")
    assert (said, mend in line) == (found, True)


def test_a_damaged_page_is_found(verdict, file, database):
    assert verdict("integrity")[0] == "good"
    database.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'readers'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as pages:
        pages.seek((page - 1) * size)
        pages.write(b"\xff" * size)
    found, line = verdict("integrity")
    assert (found, "The database is damaged" in line) == ("broken", True)


@pytest.mark.usefixtures("file")
def test_a_database_too_large_to_look_through_in_time_is_let_be(verdict, monkeypatch):
    monkeypatch.setattr(database_checks, "_CHECK_SECONDS", -1)
    monkeypatch.setattr(database_checks, "_STEPS", 1)
    found, line = verdict("integrity")
    assert (found, "as far as SQLite came" in line) == ("good", True)


def test_a_large_log_of_writes_is_warned_of(verdict, file, database, monkeypatch):
    with database.reading() as session:
        session.connection()
    assert verdict("log-of-writes")[0] == "good"
    monkeypatch.setattr(database_checks, "_LARGE_LOG", -1)
    assert (verdict("log-of-writes")[0], file.exists()) == ("warning", True)


def test_a_database_without_a_log_of_writes_is_warned_of_and_left_so(verdict, file, database):
    database.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    assert verdict("log-of-writes")[0] == "warning"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_clock_behind_what_was_written_is_broken(verdict, people, monkeypatch):
    people.reader()
    assert verdict("clock", **KEY)[0] == "good"
    long_ago = clock.machine_now() - timedelta(days=400)
    monkeypatch.setattr(clock, "machine_now", lambda: long_ago)
    found, line = verdict("clock", **KEY)
    assert (found, "timedatectl" in line) == ("broken", True)

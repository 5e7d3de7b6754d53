import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError

from tests.factories.postgres_database import on_postgres
from webapp.accounts.models import Device, Reader, Role
from webapp.kit import clock
from webapp.kit.database import MAX_TRIES, Database
from webapp.kit.errors import TooBusyError
from webapp.kit.measures import this_process
from webapp.kit.patience import having_waited


def test_the_reading_engine_cannot_write(database):
    with database.reading() as session, pytest.raises(DBAPIError, match=r"read-?only"):
        session.execute(text("DELETE FROM readers"))


def delete_and_fail(database, reader):
    with database.writing() as session:
        session.delete(session.get_one(Reader, reader.id))
        session.flush()
        raise ZeroDivisionError


def test_raising_rolls_back(database, people):
    reader = people.reader()
    with pytest.raises(ZeroDivisionError):
        delete_and_fail(database, reader)
    with database.reading() as session:
        assert session.get(Reader, reader.id) is not None


class _CameSecondError(Exception):
    sqlstate = "40001"


def a_reader(created_at):
    address = "a@example.com"
    return Reader(email=address, email_key=address, password_hash="x", role=Role.READER, created_at=created_at)


def stumbling(times, failure):
    """Return a rule that adds a reader and is told so many times that another writer came first."""
    tries = []

    def rule(session):
        tries.append(session)
        session.add(a_reader(clock.now()))
        session.flush()
        if len(tries) <= times:
            raise DBAPIError("COMMIT", {}, failure)
        return len(tries)

    return rule


@pytest.mark.rules_once
def test_a_rule_is_run_again_where_another_writer_came_first(database):
    assert database.write(stumbling(2, _CameSecondError())) == 3
    with database.reading() as session:
        assert [reader.email for reader in session.scalars(select(Reader))] == ["a@example.com"]


@pytest.mark.rules_once
@pytest.mark.parametrize(("times", "failure"), [(MAX_TRIES, _CameSecondError()), (1, Exception("disk I/O error"))])
def test_a_rule_is_not_run_for_ever_nor_for_another_failure(database, times, failure):
    with pytest.raises(DBAPIError):
        database.write(stumbling(times, failure))
    with database.reading() as session:
        assert session.scalars(select(Reader)).all() == []


def test_the_tests_have_each_rule_run_twice(database, pytestconfig):
    times = 1 if pytestconfig.getoption("quick") or on_postgres() else 2
    assert database.write(stumbling(0, _CameSecondError())) == times


def test_foreign_keys_are_checked(database):
    with pytest.raises(IntegrityError), database.writing() as session:
        session.execute(
            text(
                "INSERT INTO devices (reader_id, token_hash, user_agent, created_at, expires_at)"
                " VALUES (99, 'x', '', '2026-01-01', '2026-01-01')"
            )
        )


def test_a_moment_without_a_zone_is_refused(database):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the very thing that must be refused
    with pytest.raises(StatementError, match="without a time zone"), database.writing() as session:
        session.add(a_reader(naive))


def test_moments_come_back_in_utc(database, people):
    reader = people.reader()
    with database.reading() as session:
        assert session.get_one(Reader, reader.id).created_at.tzinfo is UTC


def test_what_was_not_asked_for_is_not_loaded_behind_ones_back(database, people, app):
    people.signed_in()
    with database.reading() as session:
        device = session.scalars(select(Device)).one()
        with pytest.raises(Exception, match="raise"):
            _ = device.reader


@pytest.mark.sqlite("writers wait")
def test_two_writers_wait_for_each_other_instead_of_failing(database, people):
    reader = people.reader()

    def rename(number: int) -> None:
        with database.writing() as session:
            session.get_one(Reader, reader.id).email = f"r{number}@example.com"

    threads = [Thread(target=rename, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(Reader, reader.id).email.startswith("r")


@contextmanager
def another_process_writes(database):
    connection = sqlite3.connect(str(database.url.database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


@pytest.mark.sqlite("writers wait")
@pytest.mark.parametrize("others", [another_process_writes, lambda database: database.writing()])
def test_who_has_waited_for_a_thread_waits_no_longer_for_other_writers(app, others):
    """With the patience of a command, which would outlast this test."""
    database = Database(app.extensions["paidspan.database"].url, patience=3600)
    refused = []

    def write():
        with having_waited(3600):
            try:
                database.write(lambda session: session.execute(text("SELECT 1")))
            except (OperationalError, TooBusyError) as error:
                refused.append(error)

    with others(database):
        thread = Thread(target=write)
        thread.start()
        thread.join(60)
    assert len(refused) == 1
    write()
    assert len(refused) == 1
    database.close()


@pytest.mark.sqlite("its writers alone wait for each other from the beginning")
def test_only_who_waited_in_vain_counts_as_busy(database):
    def busy():
        (numbers,) = this_process.read_all()
        return numbers.counted.get(("database_busy",), 0)

    before = busy()
    with database.write_engine.connect() as first:
        first.connection.driver_connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="within a transaction"):
            first.begin()
        assert busy() == before
        with having_waited(3600), pytest.raises(OperationalError, match="locked"), database.writing_plainly():
            pass
        assert busy() == before + 1

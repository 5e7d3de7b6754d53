"""What the doctor says of a PostgreSQL: of one that is well, and of what is not."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, make_url

from tests.factories.postgres_database import SERVER
from webapp.kit import clock
from webapp.operations.doctor import database_checks
from webapp.operations.doctor.diagnosis import Need
from webapp.operations.doctor.examination import CHECKS, examine
from webapp.operations.doctor.examined_installation import open_examined

pytestmark = pytest.mark.usefixtures("postgres")


@pytest.fixture
def look(tmp_path, url, monkeypatch):
    def find(name, address=url):
        monkeypatch.setenv("PAIDSPAN_DATABASE_URL", address)
        examined = open_examined(str(tmp_path))
        found = examine(examined, [check for check in CHECKS if check.name == name])
        examined.close()
        return [(str(line.finding.verdict), line.finding.sentence) for line in found]

    return find


@pytest.fixture
def ascii_database():
    server = os.environ[SERVER]
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE of_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    yield make_url(server).set(database="of_ascii").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE of_ascii WITH (FORCE)")
    engine.dispose()


@pytest.mark.parametrize("name", ["database", "schema", "postgresql", "database-clock"])
def test_a_server_that_is_well_is_good(look, name):
    assert [verdict for verdict, _sentence in look(name)] == ["good"]


@pytest.mark.parametrize("name", ["integrity", "log-of-writes", "file-system"])
def test_nothing_is_said_of_a_file(look, name):
    assert look(name) == []


def test_a_database_without_tables_is_broken(look, ascii_database):
    assert look("schema", ascii_database) == [("broken", "There are no tables yet.")]


def test_another_encoding_is_broken(look, ascii_database):
    assert ("broken", "The database has encoding SQL_ASCII, not UTF8.") in look("postgresql", ascii_database)


def test_an_old_server_and_a_standby_are_broken():
    found = list(database_checks._server_troubles(130_012, "UTF8", is_standby=True))
    assert [finding.sentence for finding in found] == [
        "PostgreSQL 13 is too old; 14 or later is needed.",
        "The server is a standby, which cannot be written to.",
    ]


def test_all_checks_together_take_few_connections(tmp_path, url, monkeypatch):
    monkeypatch.setenv("PAIDSPAN_DATABASE_URL", url)
    examined, engine = open_examined(str(tmp_path)), create_engine(url)
    found = examine(examined, [check for check in CHECKS if check.need in {Need.DATABASE, Need.TABLES}])
    with engine.connect() as connection:
        counted = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert 1 <= connection.exec_driver_sql(counted).scalar_one() <= 4
    examined.close()
    engine.dispose()
    assert [line.finding.sentence for line in found if "could not be looked at" in line.finding.sentence] == []


def test_few_connections_are_warned_of(look, monkeypatch):
    monkeypatch.setattr(database_checks, "_FEWEST_CONNECTIONS", 10_000)
    ((verdict, sentence),) = look("postgresql")
    assert (verdict, "connections, and" in sentence) == ("warning", True)


def test_a_clock_that_is_not_the_servers_is_warned_of(look, monkeypatch):
    ahead = clock.machine_now
    monkeypatch.setattr(clock, "machine_now", lambda: ahead() + timedelta(minutes=2))
    ((verdict, sentence),) = look("database-clock")
    assert (verdict, "differ by 120 seconds" in sentence) == ("warning", True)


def test_a_copy_for_reading_is_asked(look, url, monkeypatch, ascii_database):
    assert look("read-copy") == []
    monkeypatch.setenv("PAIDSPAN_DATABASE_READ_URL", url)
    assert [verdict for verdict, _sentence in look("read-copy")] == ["good"]
    for other in (ascii_database, "postgresql://nobody@127.0.0.1:1/none"):
        monkeypatch.setenv("PAIDSPAN_DATABASE_READ_URL", other)
        assert [verdict for verdict, _sentence in look("read-copy")] == ["warning"]


def test_a_database_that_is_not_there_is_broken(look, url):
    gone = make_url(url).set(database="of_nobody").render_as_string(hide_password=False)
    ((verdict, sentence),) = look("database", gone)
    assert (verdict, '"of_nobody" does not exist' in sentence) == ("broken", True)

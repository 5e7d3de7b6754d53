"""A library moves from SQLite to PostgreSQL and back: every table is equal, and pages are the same bytes."""

import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, select, text

from tests.factories.postgres_database import new_postgres_database
from tests.postgresql.moved_house import FILLED, Houses, fill, pages, rows
from webapp.accounts.models import Reader
from webapp.kit.database import Database
from webapp.kit.errors import InvalidInputError
from webapp.kit.table_base import Base
from webapp.operations import database_move
from webapp.operations.cli import cli
from webapp.operations.database_move import move_database

DOCUMENTS, READERS = 12, 20


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return the folder of a house that was filled once, and what is in it."""
    folder = tmp_path_factory.mktemp("filled")
    houses = Houses(folder)
    library = fill(houses.open_old(), folder, DOCUMENTS, READERS)
    houses.close()
    return folder, library


@pytest.fixture
def houses(tmp_path):
    made = Houses(tmp_path)
    yield made
    made.close()


@pytest.fixture
def old(filled, houses, tmp_path):
    folder, library = filled
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    house = houses.open_old()
    house.library = library
    return house


@pytest.fixture
def new(postgres):
    database = Database(new_postgres_database())
    yield database
    database.close()


def test_there_and_back(old, new, houses, tmp_path):
    told = []
    move_database(old.database, new, told.append)
    assert rows(new) == rows(old.database)
    assert {one.name: one.rows for one in told}["readers"] == READERS + 1
    assert {name for name, held in rows(new).items() if held} >= FILLED
    there = houses.open(new.url.render_as_string(hide_password=False))
    before, after = (pages(house, old.library) for house in (old, there))
    assert any(b"paid-gate" not in page for (who, path), page in before.items() if who == "reader" and "/d/" in path)
    assert after == before
    assert counted_to(new) == {table: most for table, most in largest_numbers(new).items() if most}
    assert there.people.reader("later@example.com").id == READERS + 2
    back = Database(f"sqlite:///{tmp_path / 'back.sqlite'}")
    move_database(there.database, back, told.append)
    assert rows(back) == rows(there.database)
    back.close()


def counted_to(database):
    """Return how far each table has counted."""
    with database.reading() as session:
        told = session.execute(text("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"))
        return {name.rsplit("_", 2)[0]: last for name, last in told if "search" not in name}


def largest_numbers(database):
    """Return the largest number in each table that counts."""
    counting = [table for table in Base.metadata.sorted_tables if table.autoincrement_column is not None]
    with database.reading() as session:
        return {table.name: session.scalar(select(func.max(table.autoincrement_column))) for table in counting}


def test_the_command_says_what_went_and_what_to_do(old, new):
    url = new.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(cli, ["db", "move", old.url, url])
    assert done.exit_code == 0, done.output
    assert f"readers{READERS + 1:>29}" in done.output
    assert "PAIDSPAN_DATABASE_URL" in done.output
    again = CliRunner().invoke(cli, ["db", "move", old.url, url])
    assert str(again.exception).startswith("The target is not empty.")


def test_a_target_that_holds_something_keeps_it(old, houses, new):
    there = houses.open(new.url.render_as_string(hide_password=False))
    there.people.reader("mine@example.com")
    held = rows(new)
    with pytest.raises(InvalidInputError, match="not empty"):
        move_database(old.database, new, print)
    assert rows(new) == held


@pytest.mark.parametrize("stop_at", ["documents", "grants", "reader_versions"])
def test_what_stops_half_way_leaves_nothing_and_can_be_begun_again(old, new, stop_at, monkeypatch):
    digest = database_move._digest

    def stop(table, batches):
        if table.name == stop_at:
            raise KeyboardInterrupt
        return digest(table, batches)

    with monkeypatch.context() as patch:
        patch.setattr(database_move, "_digest", stop)
        with pytest.raises(KeyboardInterrupt):
            move_database(old.database, new, print)
    assert rows(new)["readers"] == []
    move_database(old.database, new, lambda table: table)
    assert rows(new) == rows(old.database)


def test_the_server_waits_for_the_other_side_as_long_as_it_takes(old, new, tmp_path, monkeypatch):
    move, limits = database_move._move, []

    def look(taken, given, table):
        server = given if given.dialect.name == "postgresql" else taken
        names = ("statement_timeout", "idle_in_transaction_session_timeout")
        limits.append((server is given, {server.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names}))
        return move(taken, given, table)

    monkeypatch.setattr(database_move, "_move", look)
    back = Database(f"sqlite:///{tmp_path / 'back.sqlite'}")
    for source, target in ((old.database, new), (new, back)):
        move_database(source, target, lambda table: table)
    back.close()
    assert [both for both in ((True, {"0"}), (False, {"0"})) if both not in limits] == []
    assert all(limit == {"0"} for _side, limit in limits)


def test_a_source_that_changes_meanwhile_is_not_moved(old, new, monkeypatch):
    go_on = database_move._go_on_counting

    def late(given):
        go_on(given)
        old.people.grant(old.people.kept(2))

    monkeypatch.setattr(database_move, "_go_on_counting", late)
    with pytest.raises(InvalidInputError, match="changed meanwhile"):
        move_database(old.database, new, print)
    assert rows(new)["readers"] == []


def test_what_does_not_arrive_as_it_was_is_refused(old, new, monkeypatch):
    insert = database_move.insert
    spoilt = lambda table: insert(table) if table.name != "receipts" else delete(table)  # noqa: E731
    monkeypatch.setattr(database_move, "insert", spoilt)
    with pytest.raises(InvalidInputError, match="receipts did not arrive"):
        move_database(old.database, new, lambda table: table)
    assert rows(new)["readers"] == []


def test_a_source_of_another_version_is_refused(new, tmp_path):
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(InvalidInputError, match="this version"):
        move_database(empty, new, print)
    empty.close()


def test_a_nul_becomes_the_sign_for_what_cannot_be_shown(old, new):
    with old.database.writing() as session:
        session.scalars(select(Reader).where(Reader.email == "reader1@example.com")).one().look = "a\0b"
    move_database(old.database, new, lambda table: table)
    with new.reading() as session:
        assert session.scalar(select(Reader.look).where(Reader.email == "reader1@example.com")) == "a\ufffdb"

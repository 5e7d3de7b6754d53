"""A copy of the database is read for visitors, and only while it shows the same."""

import os
import time

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from tests.factories.people import People
from tests.factories.postgres_database import SERVER, new_postgres_database
from tests.factories.postgres_server import MISSING, postgres_programs, postgres_server, standby_of
from tests.factories.shelf import Shelf
from webapp import create_app
from webapp.kit import read_replica
from webapp.kit.content_version import current_version
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.migrate import upgrade
from webapp.settings import SettingsError, load_settings

PATIENCE = 20.0  # seconds


@pytest.fixture(scope="module")
def servers():
    """Serve a database and its copy, for these tests alone."""
    if postgres_programs() is None:
        pytest.skip(MISSING)
    with postgres_server() as primary, standby_of(primary) as standby:
        yield primary, standby


@pytest.fixture
def url(servers, monkeypatch):
    monkeypatch.setitem(os.environ, SERVER, servers[0].url())
    made = Database(new_postgres_database())
    upgrade(made)
    made.close()
    return made.url.render_as_string(hide_password=False)


@pytest.fixture
def copy_url(servers, url):
    name = Database(url).url.database
    wait_until(lambda: name in databases_of(servers[1]))
    return servers[1].url(name)


@pytest.fixture
def app(tmp_path, url, copy_url):
    settings = {"secret_key": "of the tests " * 4, "sign_up_seconds": 0}
    made = create_app(load_settings(instance=tmp_path, database_url=url, database_read_url=copy_url, **settings))
    made.testing = True
    yield made
    with made.app_context():
        database_of().close()
    made.extensions["paidspan.read_replica"].close()


@pytest.fixture
def database(app):
    with app.app_context():
        return database_of()


@pytest.fixture
def shelf(database, tmp_path):
    return Shelf(database, tmp_path)


@pytest.fixture
def copy(copy_url):
    made = Database(copy_url)
    yield made
    made.close()


@pytest.fixture
def asked(app, database):
    """Return what was asked of each: the database, and its copy."""
    replica = app.extensions["paidspan.read_replica"]
    said = {"database": [], "copy": []}
    for name, engine in {"database": database.read_engine, "copy": replica._sessions.kw["bind"]}.items():
        event.listen(engine, "before_cursor_execute", lambda *given, name=name: said[name].append(given[2]))
    return said


def databases_of(server):
    made = Database(server.url())
    try:
        with made.reading() as session:
            return set(session.scalars(text("SELECT datname FROM pg_database")))
    finally:
        made.close()


def wait_until(true):
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < PATIENCE, "it does not become so"
        time.sleep(0.02)


def version_of(database):
    with database.reading() as session:
        return current_version(session)


def catch_up(database, copy):
    def is_equal():
        return version_of(database) == version_of(copy)

    wait_until(is_equal)


def pause(copy, *, on=True):
    with copy.reading() as session:
        session.execute(text(f"SELECT pg_wal_replay_{'pause' if on else 'resume'}()"))


def test_a_visitors_page_is_made_from_the_copy(app, database, copy, shelf, asked):
    document = shelf.put("一篇\n内容。\n", "1.txt")
    catch_up(database, copy)
    asked["database"].clear()
    assert "内容" in app.test_client().get(f"/d/{document.slug}").text
    assert len(asked["database"]) == 1, "the version alone"
    assert len(asked["copy"]) > 1


def test_who_is_signed_in_is_told_by_the_database_alone(app, database, copy, shelf, asked):
    document = shelf.put("一篇\n公开##paidbegin##付费##paidend##\n", "1.txt")
    people = People(app, database)
    browser = people.browser(people.reader("reader@example.com").email)
    catch_up(database, copy)
    browser.get(f"/d/{document.slug}")
    browser.get("/account")
    assert asked["copy"] == []


def test_a_copy_that_is_behind_is_not_shown(app, database, copy, shelf):
    """A marker is moved: what was public a moment ago is for payers now."""
    document = shelf.put("一篇\n很久以前公开的话。\n", "1.txt")
    catch_up(database, copy)
    pause(copy)
    try:
        shelf.put("一篇\n很久以前##paidbegin##公开的话##paidend##。\n", "1.txt")
        page = app.test_client().get(f"/d/{document.slug}").text
        assert "很久以前" in page
        assert "公开的话" not in page
    finally:
        pause(copy, on=False)
    catch_up(database, copy)
    assert "公开的话" not in app.test_client().get(f"/d/{document.slug}").text


def test_a_copy_that_goes_away_costs_one_try(app, shelf, monkeypatch, caplog):
    document = shelf.put("一篇\n内容。\n", "1.txt")
    replica, tries = app.extensions["paidspan.read_replica"], []

    def gone(_session):
        tries.append(1)
        raise OperationalError("", {}, Exception("connection refused"))

    monkeypatch.setattr(read_replica, "current_version", gone)
    for path in ("/", "/tags", f"/d/{document.slug}"):
        assert app.test_client().get(path).status_code == 200
    assert len(tries) == 1
    assert "is not read for 10 s" in caplog.text
    monkeypatch.undo()
    replica._left_alone_until = 0.0
    assert replica.session_of((0, None)) is None, "it is asked again"


def test_a_query_that_the_copy_ends_is_asked_of_the_database(app, database, copy, shelf, caplog):
    """What it is told while it reads may take away rows that are being read (PostgreSQL, 27.4.2)."""
    document = shelf.put("一篇\n内容。\n", "1.txt")
    catch_up(database, copy)
    engine = app.extensions["paidspan.read_replica"]._sessions.kw["bind"]
    seen = []

    @event.listens_for(engine, "before_cursor_execute")
    def _end(_connection, _cursor, statement, *_rest):
        seen.append(statement)
        if len(seen) == 2:
            raise OperationalError(statement, {}, Exception("canceling statement due to conflict with recovery"))

    answer = app.test_client().get(f"/d/{document.slug}")
    assert len(seen) == 2
    assert "内容" in answer.text
    assert "conflict with recovery" in caplog.text


def test_a_copy_of_nothing_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="PAIDSPAN_DATABASE_READ_URL is a copy of"):
        load_settings(instance=tmp_path, database_read_url="postgresql://elsewhere/paidspan")

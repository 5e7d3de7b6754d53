"""A PostgreSQL for tests that are about it, also where all others run on SQLite."""

import os

import pytest

from tests.factories.postgres_database import SERVER, empty_postgres_database
from tests.factories.postgres_server import MISSING, postgres_programs, postgres_server
from webapp import create_app
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.settings import load_settings


@pytest.fixture(scope="session")
def postgres():
    """Have a server be there for as long as this process tests."""
    if SERVER in os.environ:
        yield
        return
    if postgres_programs() is None:
        pytest.skip(MISSING)
    with postgres_server() as served:
        os.environ[SERVER] = served.url()
        try:
            yield
        finally:
            del os.environ[SERVER]


@pytest.fixture
def url(postgres):
    return empty_postgres_database()


@pytest.fixture
def database(app):
    with app.app_context():
        return database_of()


@pytest.fixture
def app(tmp_path, url):
    folder = tmp_path / "on-postgresql"
    folder.mkdir(mode=0o700)
    made = create_app(
        load_settings(instance=folder, database_url=url, secret_key="of the tests " * 4, sign_up_seconds=0)
    )
    made.testing = True
    yield made
    with made.app_context():
        database_of().close()


@pytest.fixture
def another(url):
    """Return another process's database, as it were."""
    made = Database(url)
    yield made
    made.close()

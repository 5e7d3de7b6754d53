"""The steps that bring a database's tables to this version."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from webapp.kit.database import Database

_FOLDER = Path(__file__).parents[1] / "migrations"


def upgrade(database: Database) -> None:
    """Take every step that is missing, in one transaction; nothing when there is none."""
    if is_current(database):
        return
    with database.write_engine.connect() as connection:
        # SQLite checks foreign keys while a table is rebuilt, and would take the child rows along. The driver is asked
        # directly: inside of a transaction, which SQLAlchemy would begin first, the pragma does nothing.
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        connection.invalidate()  # the pool gets a connection that checks foreign keys again


def is_current(database: Database) -> bool:
    """Whether the database has the tables of this version."""
    with database.read_engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == _head()


def described_by_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the models describe a table; those of the search indexes are SQLite's own (search/fts5.py)."""
    return kind != "table" or not (name or "").startswith("search_")


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(configuration()).get_current_head()


def configuration() -> Config:
    """Return Alembic's configuration for the steps of this package."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config

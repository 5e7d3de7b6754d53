"""The steps that bring a database's tables to this version."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from webapp.kit.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parents[1] / "migrations"


def upgrade(database: Database) -> None:
    """Take every step that is missing, in one transaction; nothing when there is none."""
    if is_current(database):
        return
    from alembic import command  # noqa: PLC0415 - most of the time there is no step to take

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
    return _step_taken(database) == _newest_step()


def _step_taken(database: Database) -> str | None:
    """Return the step that a database was brought to, as Alembic notes it there; None where it was to none."""
    with database.read_engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        step: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return step


@cache
def _newest_step() -> str:
    """Return the last of the steps, each of which is named for its number and follows the one before."""
    return max(path.name for path in (_FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def described_by_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the models describe a table; those of the search indexes are SQLite's own (search/fts5.py)."""
    return kind != "table" or not (name or "").startswith("search_")


def configuration() -> "Config":
    """Return Alembic's configuration for the steps of this package."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config

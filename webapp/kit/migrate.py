"""The steps that bring a database's tables to this version."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, inspect, text

from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _

if TYPE_CHECKING:
    from alembic.config import Config


_FOLDER = Path(__file__).parents[1] / "migrations"
_STEPS_LOCK = 7_280_001  # a number that nobody else locks in this database


class NewerDatabaseError(ConflictError):
    """A later version has brought a database to tables that this one does not know."""

    hint = _("Install that version or a later one; to go back to this one, restore a backup that it made.")

    def __init__(self, version: str) -> None:
        super().__init__(_("The database was brought to a newer paidspan (%(version)s).", version=version))


class SchemaAge(Enum):
    """How the tables of a database stand to those of this version."""

    MISSING = "missing"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def upgrade(database: Database) -> None:
    """Take every step that is missing, in one transaction; nothing when there is none.

    Raise NewerDatabaseError.
    """
    age = schema_age(database)
    if age is SchemaAge.CURRENT:
        return
    refuse_newer(database)
    with changing_tables(database) as connection:
        upgrade_within(connection)


@contextmanager
def changing_tables(database: Database) -> Iterator[Connection]:
    """Open the transaction in which tables are made or changed, once nobody else does; raising rolls back."""
    with _connection_for_steps(database) as connection:
        with connection.begin():
            _wait_for_others(connection)
            yield connection
        connection.invalidate()  # the pool gets a connection that is as all others are


def upgrade_within(connection: Connection) -> None:
    """Take every step that is missing, within a transaction that somebody has begun; raise NewerDatabaseError."""
    _refuse_newer(connection)  # somebody may have taken some while this waited
    from alembic import command  # noqa: PLC0415 - most of the time there is no step to take

    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _connection_for_steps(database: Database) -> Connection:
    """Return a connection on which tables can be rebuilt, and which sees what others have committed meanwhile."""
    if database.url.get_backend_name() != "sqlite":
        return database.write_engine.connect().execution_options(isolation_level="READ COMMITTED")
    # SQLite checks foreign keys while a table is rebuilt, and would take the child rows along. The driver is asked
    # directly: inside of a transaction, which SQLAlchemy would begin first, the pragma does nothing.
    connection = database.write_engine.connect()
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys = OFF")
    return connection


def _wait_for_others(connection: Connection) -> None:
    """Wait until nobody else takes steps; on SQLite whoever writes has waited already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_STEPS_LOCK})")


def has_tables(database: Database) -> bool:
    """Whether steps were taken in a database at all."""
    return _step_taken(database) is not None


def is_current(database: Database) -> bool:
    """Whether the database has the tables of this version."""
    return schema_age(database) is SchemaAge.CURRENT


def schema_age(database: Database) -> SchemaAge:
    """Return how the tables of a database stand to this version; each step is numbered higher than those before."""
    taken = _step_taken(database)
    if taken is None:
        return SchemaAge.MISSING
    if taken not in known_steps():
        return SchemaAge.NEWER
    return SchemaAge.CURRENT if taken == _newest_step() else SchemaAge.OLDER


def refuse_newer(database: Database) -> None:
    """Raise NewerDatabaseError where a later version has taken steps that this one does not know."""
    with database.read_engine.connect() as connection:
        _refuse_newer(connection)


def _refuse_newer(connection: Connection) -> None:
    step = _step_on(connection)
    if step is not None and step not in known_steps():
        names = {column["name"] for column in inspect(connection).get_columns("instance")}
        known = connection.scalar(text("SELECT version FROM instance")) if "version" in names else None
        raise NewerDatabaseError(known or "?")


def _step_taken(database: Database) -> str | None:
    """Return the step that a database was brought to, as Alembic notes it there; None where it was to none."""
    with database.read_engine.connect() as connection:
        return _step_on(connection)


def _step_on(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return cast("str | None", connection.scalar(text("SELECT version_num FROM alembic_version")))


def _newest_step() -> str:
    """Return the last of the steps, each of which follows the one before."""
    return max(known_steps())


@cache
def known_steps() -> frozenset[str]:
    """Return the numbers of all steps of this version, for which they are named."""
    return frozenset(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def described_by_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the models describe a table; those of the search indexes differ from database to database."""
    return kind != "table" or not (name or "").startswith("search_")


def configuration() -> "Config":
    """Return Alembic's configuration for the steps of this package."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config

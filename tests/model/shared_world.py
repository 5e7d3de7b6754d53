"""A world on PostgreSQL, which several processes open at once: one database, one sandbox's file, one time."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.factories.postgres_database import keep_tables, new_postgres_database, put_tables_back
from tests.model.world import FIRST_DAY, SECRET, World, at_its_time, careless_files, furnish
from webapp.billing.context import open_billing, open_sandbox
from webapp.billing.order_terms import Buyer
from webapp.factory import join_rooms
from webapp.kit.database import Database
from webapp.kit.migrate import upgrade
from webapp.settings import load_settings

_SANDBOX = "sandbox.sqlite"
# As SQLite has it, for the judge asks both alike.
_FUNCTIONS = """CREATE FUNCTION unixepoch(timestamptz) RETURNS bigint LANGUAGE sql
    AS 'SELECT extract(epoch FROM $1)::bigint'"""


@dataclass(frozen=True)
class Place:
    """What a process must know to open a world that another one made."""

    folder: Path
    url: str
    buyers: tuple[Buyer, ...]
    documents: tuple[int, ...]
    foreign_price: str
    isolation: str


class Look:
    """A look into PostgreSQL that answers as the driver of SQLite does."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)

    def execute(self, query: str, given: tuple[Any, ...] = ()) -> "Rows":
        """Ask, with the signs of SQLite for what is given."""
        rows = self._connection.execute(query.replace("?", "%s"), given or None).fetchall()
        return Rows([tuple(map(_as_sqlite_has_it, row)) for row in rows])

    def close(self) -> None:
        """End it."""
        self._connection.close()


class Rows(list[tuple[Any, ...]]):
    """What was answered."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row."""
        return self[0] if self else None

    def fetchall(self) -> "Rows":
        """Return all rows."""
        return self


def _as_sqlite_has_it(value: object) -> object:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() if isinstance(value, datetime) else value


@dataclass
class SharedWorld(World):
    """One house on PostgreSQL and its sandbox, as one of its processes has them open."""

    url: str = ""

    @property
    def ours(self) -> Any:
        """Return a look into the application's database, past the application."""
        return self._looks[0]

    @property
    def _looks(self) -> list[Any]:
        if not self._open:
            self._open += [Look(self.url), sqlite3.connect(self.folder / _SANDBOX, isolation_level=None)]
        return self._open

    def begin_anew(self, state: str = "first") -> None:
        """Put everything back to the first day; every process must have let go of the sandbox."""
        self.sandbox.close()
        while self._open:
            self._open.pop().close()
        shutil.copyfile(self.folder / state / _SANDBOX, self.folder / _SANDBOX)
        put_tables_back(self.url, state)
        self.now = FIRST_DAY

    def keep(self, state: str) -> None:
        """Keep everything as it is, to begin from there."""
        self.let_go()
        (self.folder / state).mkdir()
        shutil.copyfile(self.folder / _SANDBOX, self.folder / state / _SANDBOX)
        keep_tables(self.url, state)

    def place(self, isolation: str) -> Place:
        """Return where others find it."""
        return Place(self.folder, self.url, tuple(self.buyers), tuple(self.documents), self.foreign_price, isolation)


@contextmanager
def shared_world() -> Iterator[SharedWorld]:
    """Open a world on a new database, on its first day, and take it down again."""
    shm, url = Path("/dev/shm"), new_postgres_database()
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder, careless_files():
        database = Database(url)
        upgrade(database)
        with database.writing_plainly() as connection:
            connection.exec_driver_sql(_FUNCTIONS)
        database.close()
        world = _opened(Path(folder), url)
        with at_its_time(world):
            furnish(world)
            yield world


@contextmanager
def world_at(place: Place) -> Iterator[SharedWorld]:
    """Open a world that another process made."""
    with careless_files():
        world = _opened(place.folder, place.url)
        world.database.write_engine.update_execution_options(isolation_level=place.isolation)
        world.buyers += place.buyers
        world.documents += place.documents
        world.foreign_price = place.foreign_price
        with at_its_time(world):
            yield world


def _opened(folder: Path, url: str) -> SharedWorld:
    join_rooms()
    settings = load_settings(instance=folder, database_url=url, secret_key=SECRET)
    database, sandbox = Database(settings.database), open_sandbox(settings)
    billing = open_billing(settings, database, sandbox)
    return SharedWorld(folder, database, sandbox, billing, [], [], "", url=settings.database)

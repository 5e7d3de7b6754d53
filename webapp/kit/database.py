"""The database: two engines, one that writes and one that cannot."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from webapp.kit.content_version import track_changes

_T = TypeVar("_T")
BUSY_MILLISECONDS = 15_000
MAX_TRIES = 5
# Another writer came first: PostgreSQL's serialization failure and deadlock (its appendix A). SQLite says neither, for
# its writers wait for each other from the beginning.
_CAME_SECOND = {"40001", "40P01"}


class Database:
    """Reads and writes of one database; every transaction of the product begins here.

    `reading()` cannot write; on SQLite the engine refuses. `write(rule)` runs a rule in a transaction that takes the
    write lock at its beginning (BEGIN IMMEDIATE), so that it never fails half way for somebody else's lock.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        sqlite = self.url.get_backend_name() == "sqlite"
        self.write_engine = _sqlite_engine(url, writes=True) if sqlite else create_engine(url)
        self.read_engine = _sqlite_engine(url, writes=False) if sqlite else create_engine(url)
        self._turn: AbstractContextManager[object] = Lock() if sqlite else nullcontext()
        self.write_sessions = sessionmaker(self.write_engine, expire_on_commit=False)
        track_changes(self.write_sessions)
        self.read_sessions = sessionmaker(self.read_engine, expire_on_commit=False, autoflush=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that can only read."""
        with self.read_sessions() as session:
            yield session

    def write(self, rule: Callable[[Session], _T]) -> _T:
        """Run a rule in a transaction and return what it returns: returning commits, raising rolls back.

        Where another writer came first, all that was done is thrown away and the rule is run again, so a rule does
        nothing but with its session: it sends nothing, keeps nothing, and makes the rows that it adds itself. A test
        has each rule run twice (tests/conftest.py).
        """
        for _again in range(MAX_TRIES - 1):
            try:
                return self._write(rule)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _CAME_SECOND:
                    raise
        return self._write(rule)

    def _write(self, rule: Callable[[Session], _T]) -> _T:
        with self.writing() as session:
            return rule(session)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is not run again, for a module that says why; raising rolls back.

        SQLite takes one writer at a time and has the others look again and again, which starves some: threads of this
        process queue up instead.
        """
        with self._turn, self.write_sessions.begin() as session:
            yield session

    @contextmanager
    def writing_plainly(self) -> Iterator[Connection]:
        """Open a transaction without the ORM."""
        with self._turn, self.write_engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.write_engine.dispose()
        self.read_engine.dispose()


def _sqlite_engine(url: str, *, writes: bool) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False})
    pragmas = [
        f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
        "PRAGMA journal_mode = WAL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA synchronous = FULL",
    ]
    if not writes:
        pragmas.append("PRAGMA query_only = ON")

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is always deferred
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 - as above
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine

"""The database: two engines, one that writes and one that cannot."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from typing_extensions import override

from webapp.kit.content_version import track_changes
from webapp.kit.errors import TooBusyError

_T = TypeVar("_T")
WRITER_PATIENCE = 15.0  # seconds that a command or the worker waits for another writer
MAX_TRIES = 5
SYNCHRONOUS = "FULL"  # what was committed outlives a power cut
_READ_CACHE = 256  # KB of pages for each connection that reads, of which there are many; the system keeps them, too
_CONNECTIONS = 16  # that are kept open: one for each thread of a server's process, about
# Another writer came first: PostgreSQL's serialization failure and deadlock (its appendix A). SQLite says neither, for
# its writers wait for each other from the beginning.
_CAME_SECOND = {"40001", "40P01"}
_waited: ContextVar[float] = ContextVar("seconds that who asks has waited for a thread already", default=0.0)


@contextmanager
def having_waited(seconds: float) -> Iterator[None]:
    """Have what is written meanwhile wait so many seconds less for other writers: it has waited for a thread."""
    token = _waited.set(seconds)
    try:
        yield
    finally:
        _waited.reset(token)


class _ReadSession(Session):
    """A session that finds its connection at once: a page asks for it ten times."""

    _found: Connection | None = None

    @override
    def connection(self, bind_arguments: Any = None, execution_options: Any = None) -> Connection:
        found = self._found
        if found is None or found.closed or not self.in_transaction():
            found = self._found = super().connection(bind_arguments, execution_options)
        return found


class Database:
    """Reads and writes of one database; every transaction of the product begins here.

    `reading()` cannot write; on SQLite the engine refuses. `write(rule)` runs a rule in a transaction that takes the
    write lock at its beginning (BEGIN IMMEDIATE), so that it never fails half way for somebody else's lock.
    """

    def __init__(self, url: str, patience: float = WRITER_PATIENCE) -> None:
        self.url = make_url(url)
        sqlite = self.url.get_backend_name() == "sqlite"
        self._turns = _WriteTurns(patience) if sqlite else None
        self.write_engine = _sqlite_engine(url, self._turns) if self._turns else _engine(url)
        self.read_engine = _sqlite_engine(url) if sqlite else _engine(url)
        self.write_sessions = sessionmaker(self.write_engine, expire_on_commit=False)
        track_changes(self.write_sessions)
        self.read_sessions = sessionmaker(
            self.read_engine, class_=_ReadSession, expire_on_commit=False, autoflush=False
        )

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
        process queue up instead. Raise TooBusyError where it is nobody's turn for longer than the patience.
        """
        with self._turn(), self.write_sessions.begin() as session:
            yield session

    @contextmanager
    def writing_plainly(self) -> Iterator[Connection]:
        """Open a transaction without the ORM."""
        with self._turn(), self.write_engine.begin() as connection:
            yield connection

    def _turn(self) -> AbstractContextManager[object]:
        return self._turns.take() if self._turns else nullcontext()

    def close(self) -> None:
        """Let go of all connections."""
        self.write_engine.dispose()
        self.read_engine.dispose()


class _WriteTurns:
    """The turns in which threads of this process write; who waits for one and then for others has one patience."""

    def __init__(self, patience: float) -> None:
        self._lock = Lock()
        self._patience = patience
        self._until = 0.0  # of who has the turn

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn and keep it; raise TooBusyError where it takes too long."""
        patience = max(0.0, self._patience - _waited.get())
        until = time.monotonic() + patience
        if not self._lock.acquire(timeout=patience):
            raise TooBusyError
        try:
            self._until = until
            yield
        finally:
            self._lock.release()

    def milliseconds_left(self) -> int:
        """Return how long who has the turn may still wait for the writers of other processes; migrations take none."""
        left = self._until - time.monotonic() if self._lock.locked() else self._patience
        return max(1, int(left * 1000))


def _engine(url: str, **options: object) -> Engine:
    """Return an engine with as many connections as there are threads that ask for one."""
    return create_engine(url, pool_size=_CONNECTIONS, max_overflow=-1, **options)


def _sqlite_engine(url: str, turns: _WriteTurns | None = None) -> Engine:
    """Return an engine that writes in turns; without them one that cannot write."""
    engine = _engine(url, connect_args={"check_same_thread": False})
    pragmas = [
        f"PRAGMA busy_timeout = {int(WRITER_PATIENCE * 1000)}",
        "PRAGMA journal_mode = WAL",
        "PRAGMA foreign_keys = ON",
        f"PRAGMA synchronous = {SYNCHRONOUS}",
    ]
    if turns is None:
        pragmas += ["PRAGMA query_only = ON", f"PRAGMA cache_size = {-_READ_CACHE}"]

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is always deferred
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 - as above
        # Past SQLAlchemy: neither is a question to the database, and each page begins a transaction.
        driver = connection.connection.driver_connection
        try:
            if turns is None:
                driver.execute("BEGIN")
                return
            driver.execute(f"PRAGMA busy_timeout = {turns.milliseconds_left()}")
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise DBAPIError.instance("BEGIN", None, error, sqlite3.Error, dialect=connection.dialect) from error

    return engine

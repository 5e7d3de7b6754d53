"""The database: two engines, one that writes and one that cannot."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from webapp.kit.content_version import track_changes

BUSY_MILLISECONDS = 15_000


class Database:
    """Reads and writes of one database; every transaction of the product begins here.

    `reading()` cannot write; on SQLite the engine refuses. `writing()` takes the write lock at its beginning
    (BEGIN IMMEDIATE), so that it never fails half way for somebody else's lock. Returning from it commits,
    raising rolls back.
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

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction: returning commits, raising rolls back.

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

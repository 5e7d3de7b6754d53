"""Engines on SQLite: one whose writers take turns, and one that cannot write."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from webapp.kit.errors import TooBusyError
from webapp.kit.measures import this_process
from webapp.kit.patience import WRITER_PATIENCE, patience_left

SYNCHRONOUS = "FULL"  # what was committed outlives a power cut
_PRIMARY_CODE = 0xFF  # of an extended error code (sqlite.org/rescode.html)
_CONNECTIONS = 16  # that are kept open: one for each thread of a server's process, about
_ENGINE: dict[str, Any] = {
    "pool_size": _CONNECTIONS,
    "max_overflow": -1,
    "connect_args": {"check_same_thread": False},
    "hide_parameters": True,  # they are an address or a text, and errors are logged
}
_READ_CACHE = 256  # KB of pages for each connection that reads, of which there are many; the system keeps them, too


class WriteTurns:
    """The turns in which threads of this process write; who waits for one and then for others has one patience."""

    def __init__(self, patience: float) -> None:
        self._lock = Lock()
        self._patience = patience
        self._until = 0.0  # of who has the turn

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn and keep it; raise TooBusyError where it takes too long."""
        patience = patience_left(self._patience)
        begun = time.monotonic()
        until = begun + patience
        taken = self._lock.acquire(timeout=patience)
        this_process.add("database_write_wait_seconds", by=time.monotonic() - begun)
        if not taken:
            this_process.add("database_busy")
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


def sqlite_file(url: str) -> Path | None:
    """Return the file that an address of a database names, None where it is one on a server."""
    found = make_url(url)
    return Path(found.database) if found.get_backend_name() == "sqlite" and found.database else None


def reading_address(file: Path) -> str:
    """Return the address of a database's file that is only looked at: nothing of it is changed, nor made.

    Where nobody can write beside the file, SQLite must be told that nobody does (sqlite.org/uri.html, immutable).
    """
    query = {"mode": "ro", "uri": "true"}
    log = file.with_name(f"{file.name}-wal")
    if not log.exists() and not os.access(file.parent, os.W_OK):
        query["immutable"] = "1"
    made = URL.create("sqlite", database=f"file:{quote(str(file.absolute()))}", query=query)
    return made.render_as_string()


def sqlite_engine(url: str, turns: WriteTurns | None = None) -> Engine:
    """Return an engine that writes in turns; without them one that cannot write."""
    engine = create_engine(url, **_ENGINE)
    to_look_at = make_url(url).query.get("mode") == "ro"  # as `reading_address` has it
    pragmas = [
        f"PRAGMA busy_timeout = {int(WRITER_PATIENCE * 1000)}",
        *([] if to_look_at else ["PRAGMA journal_mode = WAL"]),
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
            begun = time.monotonic()
            driver.execute("BEGIN IMMEDIATE")
            this_process.add("database_write_wait_seconds", by=time.monotonic() - begun)
        except sqlite3.Error as error:
            if (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY_CODE == sqlite3.SQLITE_BUSY:
                this_process.add("database_busy")
            raise DBAPIError.instance("BEGIN", None, error, sqlite3.Error, dialect=connection.dialect) from error

    return engine

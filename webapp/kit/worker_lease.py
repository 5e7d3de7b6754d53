"""The right to do what one background worker at a time does: of this machine on SQLite, of all hosts on PostgreSQL."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from webapp.kit.database import Database
from webapp.kit.file_lock import hold_file_lock

_LEASE = 7_280_002  # a number that nobody else locks in this database (PostgreSQL, 9.28.10)
# Whether this connection has it: one that a pooler lends for a transaction at a time has not (pgbouncer.org/features).
_IS_HELD = f"""SELECT EXISTS (SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid = {_LEASE} AND pid = pg_backend_pid())"""  # noqa: S608 - ours
_LOOK_SECONDS = 1.0  # for a lease that another one holds, and after one's own
# Who is cut off has its lease taken, and knows of it, within 11 seconds; another one looks each second.
_CUT_OFF = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
_ARGUMENTS = {"connect_timeout": 5, "application_name": "paidspan worker", "tcp_user_timeout": 10_000}

log = logging.getLogger(__name__)


def _end_at_once() -> None:
    """End this process without another word to the database: another one works already, or soon will."""
    os._exit(1)


@contextmanager
def hold_worker_lease(database: Database, file: Path, when_lost: Callable[[], None] = _end_at_once) -> Iterator[None]:
    """Hold the lease, once nobody else does; the system takes it back from whoever is killed or cut off."""
    if database.url.get_backend_name() == "sqlite":
        with hold_file_lock(file):
            yield
        return
    connection = _take(database)
    done = Event()
    watch = Thread(target=_watch, args=(connection, done, when_lost), name="lease", daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()
        connection.close()  # which gives it back


def _take(database: Database) -> Connection:
    """Return a connection that has the lease; wait for it, and for a database that does not answer."""
    engine = create_engine(
        database.url,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args={**_ARGUMENTS, "options": _CUT_OFF},
    )
    while True:
        try:
            connection = engine.connect()
            if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LEASE})").scalar():
                return connection
            connection.close()
        except DBAPIError as error:
            log.warning("the database does not answer, the lease of the worker is tried for again: %s", error.orig)
        time.sleep(_LOOK_SECONDS)


def _watch(connection: Connection, done: Event, when_lost: Callable[[], None]) -> None:
    """Look whether the connection is there, and the lease with it."""
    while not done.wait(_LOOK_SECONDS):
        try:
            is_held = connection.exec_driver_sql(_IS_HELD).scalar()
        except DBAPIError as error:
            log.warning("the database does not answer: %s", error.orig)
            is_held = False
        if not is_held:
            log.error("the lease of the worker is lost, it ends; a pooler of connections must leave it its own")
            when_lost()
            return

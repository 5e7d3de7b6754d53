"""Where tries are counted: in a file that all workers of one machine share, in Redis, or in this process.

A file of its own and not the database: each try of a stranger writes to it, without waiting for the disk or for whoever
writes to the database, and a backup that is restored brings no old counts along (docs/decisions/0075).
"""

import logging
import sqlite3
import weakref
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol

from cachetools import LRUCache

from webapp.kit.allowances import Pace, Tally

TryDemand = tuple[bytes, Pace]  # whose tries at what, as a hash that names nobody, and how often

_TABLE = """
CREATE TABLE IF NOT EXISTS tries (
    key BLOB PRIMARY KEY, tries INTEGER NOT NULL, until INTEGER NOT NULL, forget_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_tries_forget_at ON tries (forget_at);
"""
_BUSY_SECONDS = 5
_TIDIED_EVERY = 60_000
_MOST_FORGOTTEN = 2000
_MOST_IN_MEMORY = 100_000
_LEFT_ALONE = 5000
log = logging.getLogger(__name__)


class TryStore(Protocol):
    """Keeps tallies, so that all who share it count together."""

    def take(self, demands: Sequence[TryDemand], now: int) -> int:
        """Count a try for all of these and return 0, or count it for none and return how long to wait."""

    def undo(self, demands: Sequence[TryDemand], now: int) -> None:
        """Count a try for none of these after all."""

    def clear(self) -> None:
        """Forget all tries."""


def judge(demands: Sequence[TryDemand], kept: Sequence[Tally | None], now: int) -> tuple[int, list[Tally]]:
    """Return how long to wait before a try for all of these, 0 where it may be now, and how they then stand."""
    judged = [pace.after(tally, now) for (_key, pace), tally in zip(demands, kept, strict=True)]
    return max(wait for wait, _tally in judged), [tally for _wait, tally in judged]


class MemoryTries:
    """Counts in this process; of the many keys that strangers can make up, those used last are kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: LRUCache[bytes, Tally] = LRUCache(_MOST_IN_MEMORY)

    def take(self, demands: Sequence[TryDemand], now: int) -> int:
        """Count a try for all of these and return 0, or count it for none and return how long to wait."""
        with self._lock:
            wait, tallies = judge(demands, [self._kept.get(key) for key, _pace in demands], now)
            if not wait:
                self._kept.update({key: tally for (key, _pace), tally in zip(demands, tallies, strict=True)})
            return wait

    def undo(self, demands: Sequence[TryDemand], now: int) -> None:
        """Count a try for none of these after all."""
        del now
        with self._lock:
            for key, pace in demands:
                tally = self._kept.pop(key, None)
                left = pace.undone(tally) if tally else None
                if left:
                    self._kept[key] = left

    def clear(self) -> None:
        """Forget all tries."""
        with self._lock:
            self._kept.clear()


class SqliteTries:
    """Counts in a file, which is made at its first use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._opened: sqlite3.Connection | None = None
        self._tidy_at = 0

    def take(self, demands: Sequence[TryDemand], now: int) -> int:
        """Count a try for all of these and return 0, or count it for none and return how long to wait."""
        with self._lock, _Turn(self._connection()) as connection:
            wait, tallies = judge(demands, [_read(connection, key) for key, _pace in demands], now)
            if not wait:
                for (key, _pace), tally in zip(demands, tallies, strict=True):
                    connection.execute("REPLACE INTO tries VALUES (?, ?, ?, ?)", (key, *tally))
            self._tidy(connection, now)
            return wait

    def undo(self, demands: Sequence[TryDemand], now: int) -> None:
        """Count a try for none of these after all."""
        del now
        with self._lock, _Turn(self._connection()) as connection:
            for key, pace in demands:
                tally = _read(connection, key)
                left = pace.undone(tally) if tally else None
                connection.execute("DELETE FROM tries WHERE key = ?", (key,))
                if left:
                    connection.execute("INSERT INTO tries VALUES (?, ?, ?, ?)", (key, *left))

    def clear(self) -> None:
        """Forget all tries."""
        with self._lock, _Turn(self._connection()) as connection:
            connection.execute("DELETE FROM tries")

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            opened = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            weakref.finalize(self, opened.close)
            opened.execute("PRAGMA journal_mode = WAL")
            opened.execute("PRAGMA synchronous = OFF")
            opened.executescript(_TABLE)
            self._opened = opened
        return self._opened

    def _tidy(self, connection: sqlite3.Connection, now: int) -> None:
        if now >= self._tidy_at:
            self._tidy_at = now + _TIDIED_EVERY
            some = "SELECT key FROM tries WHERE forget_at <= ? LIMIT ?"
            connection.execute(f"DELETE FROM tries WHERE key IN ({some})", (now, _MOST_FORGOTTEN))  # noqa: S608


class _Turn:
    """A transaction that no other writer comes in between of."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: object, _error: object, _traceback: object) -> None:
        self._connection.execute("ROLLBACK" if kind else "COMMIT")


def _read(connection: sqlite3.Connection, key: bytes) -> Tally | None:
    row = connection.execute("SELECT tries, until, forget_at FROM tries WHERE key = ?", (key,)).fetchone()
    return Tally(*row) if row else None


class TryStoreError(Exception):
    """A store cannot be asked."""


class TriesWithFallback:
    """Counts in a store that may fail, and in this process meanwhile.

    So a store that is down neither lets everything through nor turns everybody away.
    """

    def __init__(self, store: TryStore) -> None:
        self._store = store
        self._meanwhile = MemoryTries()
        self._left_alone_until = 0

    def take(self, demands: Sequence[TryDemand], now: int) -> int:
        """Count a try for all of these and return 0, or count it for none and return how long to wait."""
        if now >= self._left_alone_until:
            try:
                return self._store.take(demands, now)
            except (TryStoreError, sqlite3.Error, OSError) as error:
                self._leave_alone(error, now)
        return self._meanwhile.take(demands, now)

    def undo(self, demands: Sequence[TryDemand], now: int) -> None:
        """Count a try for none of these after all."""
        if now >= self._left_alone_until:
            try:
                self._store.undo(demands, now)
            except (TryStoreError, sqlite3.Error, OSError) as error:
                self._leave_alone(error, now)
        self._meanwhile.undo(demands, now)

    def clear(self) -> None:
        """Forget all tries."""
        self._store.clear()
        self._meanwhile.clear()

    def _leave_alone(self, error: Exception, now: int) -> None:
        self._left_alone_until = now + _LEFT_ALONE
        log.warning("limits are counted in this process alone, for their store fails: %s", error)

"""The database: two engines, one that writes and one that cannot."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from typing_extensions import override

from webapp.kit import randomness
from webapp.kit.content_version import track_changes
from webapp.kit.measures import this_process
from webapp.kit.patience import WRITER_PATIENCE
from webapp.kit.postgres_engine import postgres_reading_engine, postgres_writing_engine, take_turn
from webapp.kit.sqlite_engine import WriteTurns, sqlite_engine

_T = TypeVar("_T")
MAX_TRIES = 8
_JITTER = 0.02  # seconds that who came second waits at most before the first new try, twice as many before the next
# Another writer came first: PostgreSQL's serialization failure and deadlock (its appendix A). SQLite says neither, for
# its writers wait for each other from the beginning.
_CAME_SECOND = {"40001", "40P01"}


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
    write lock at its beginning (BEGIN IMMEDIATE), so that it never fails half way for somebody else's lock; on
    PostgreSQL in one that is as if no other writer were at work (SERIALIZABLE).
    """

    def __init__(self, url: str, patience: float = WRITER_PATIENCE, most_connections: int | None = None) -> None:
        """Open a database; of a server's connections each engine has at most so many, those who want more wait."""
        self.url = make_url(url)
        self._turns: WriteTurns | None = None
        if self.url.get_backend_name() == "sqlite":
            self._turns = WriteTurns(patience)
            self.write_engine, self.read_engine = sqlite_engine(url, self._turns), sqlite_engine(url)
        else:
            self.write_engine = postgres_writing_engine(url, patience, most_connections)
            self.read_engine = postgres_reading_engine(url, patience, most_connections)
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
        for tries in range(MAX_TRIES - 1):
            try:
                return self._write(rule, tries)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _CAME_SECOND:
                    raise
            this_process.add("database_write_retries")
            time.sleep(randomness.fraction() * _JITTER * 2**tries)
        return self._write(rule, MAX_TRIES)

    def _write(self, rule: Callable[[Session], _T], tries: int) -> _T:
        with self.writing() as session:
            take_turn(session.connection(), tries)
            return rule(session)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is not run again, for a module that says why; raising rolls back.

        SQLite takes one writer at a time and has the others look again and again, which starves some: threads of this
        process queue up instead. Raise TooBusyError where it is nobody's turn for longer than the patience.
        """
        with self._turn(), self.write_sessions.begin() as session:
            this_process.add("database_writes")
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

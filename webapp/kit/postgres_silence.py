"""How long a page waits for a PostgreSQL that says nothing: seconds, and who comes behind it does not wait again.

A machine that stands still, or a network that swallows what it is given, ends no connection and refuses none. What
the server can be told (statement_timeout) is no use then, so it is the client that stops waiting.
"""

import time
from collections.abc import Callable, Generator
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from webapp.kit.translatable import _

_T = TypeVar("_T")
_ANSWER_SECONDS = 3.0  # for one answer; whoever writes waits for others' locks for half of it
_PING_SECONDS = 1.0  # for the answer that a connection still lives
_CONNECT_SECONDS = 2
_NOTHING_YET = 0  # what psycopg tells a waiting generator ten times a second (psycopg.waiting, READY_NONE)


class _Entrance:
    """Lets everybody connect until that fails; from then on one at a time, and sends all others away at once."""

    def __init__(self) -> None:
        self._is_away = False
        self._trying = Lock()

    def connect(self, connect: Callable[[], _T]) -> _T:
        """Connect; raise psycopg's OperationalError."""
        from psycopg import OperationalError  # noqa: PLC0415 - an extra of this package

        if not self._is_away:
            return self._note(connect)
        if not self._trying.acquire(blocking=False):
            raise OperationalError(_("the server did not answer a moment ago"))
        try:
            return self._note(connect)
        finally:
            self._trying.release()

    def _note(self, connect: Callable[[], _T]) -> _T:
        is_away = True
        try:
            connected = connect()
            is_away = False
        finally:
            self._is_away = is_away
        return connected


def wait_for_seconds_only(engine: Engine) -> None:
    """Have an engine of PostgreSQL raise OperationalError where the server says nothing for seconds."""
    entrance, dialect = _Entrance(), engine.dialect
    ping = dialect.do_ping

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, _arguments: object, named: dict[str, Any]) -> object:
        hurried = {**named, "connect_timeout": _CONNECT_SECONDS}
        return entrance.connect(lambda: _connection_class().connect(**hurried))

    def ping_soon(connection: Any) -> bool:  # noqa: ANN401 - the driver's own connection
        connection.answer_seconds = _PING_SECONDS
        try:
            return ping(connection)
        finally:
            connection.answer_seconds = _ANSWER_SECONDS

    dialect.do_ping = ping_soon  # type: ignore[assignment,method-assign]  # SQLAlchemy has no event for it


@cache
def _connection_class() -> Any:  # noqa: ANN401 - a class of the driver's, which is an extra of this package
    from psycopg import Connection, OperationalError  # noqa: PLC0415 - as above

    class HurriedConnection(Connection[Any]):
        answer_seconds = _ANSWER_SECONDS

        def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the driver has it
            return super().wait(_in_time(gen, self.answer_seconds, self._give_up), *arguments, **named)

        def _give_up(self) -> OperationalError:
            self.pgconn.finish()  # which tells SQLAlchemy that nothing more comes over it
            return OperationalError(
                _("the server has said nothing for %(seconds)s s", seconds=int(self.answer_seconds))
            )

    return HurriedConnection


def _in_time(
    work: Generator[Any, Any, _T], seconds: float, give_up: Callable[[], Exception]
) -> Generator[Any, Any, _T]:
    """Wait as a generator of psycopg's does, but for so many seconds of silence; raise what giving up returns."""
    until = time.monotonic() + seconds
    try:
        wanted = next(work)
        while True:
            ready = yield wanted
            now = time.monotonic()
            if ready != _NOTHING_YET:
                until = now + seconds
            elif now > until:
                work.close()
                raise give_up()
            wanted = work.send(ready)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # as the generator has it

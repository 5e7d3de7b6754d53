"""Engines on PostgreSQL: one that writes as if one writer came after the other, and one that reads a snapshot.

Writers do not wait for each other from the beginning, as on SQLite: of two that cannot have come one after the other
the second is told so when it comes to its end (SERIALIZABLE), and `Database.write` runs its rule again.
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from webapp.kit.patience import WRITER_PATIENCE, patience_left
from webapp.kit.postgres_silence import wait_for_seconds_only
from webapp.kit.translatable import _
from webapp.settings import SettingsError

_CONNECTIONS = 16  # that are kept open: one for each thread of a server's process, about
# Milliseconds: for one statement, and for a transaction in which nothing is asked. Both end what hangs, and cut nothing
# that works; connecting takes seconds at most.
_OPTIONS = "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=120000"
# The encoding, since psycopg takes text of a database that names none (SQL_ASCII) for bytes.
# A host that is gone and says nothing is noticed after so long (tcp(7), TCP_USER_TIMEOUT, in milliseconds; keepalives).
# The first runs while a busy server takes nothing more of much that it is sent, too: as long as a statement may take.
_NOTICED = {"tcp_user_timeout": 60_000, "keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3}
NOTICED_SOON = {"tcp_user_timeout": 2_000, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 2}
_NAMED = {"application_name": "paidspan", "client_encoding": "utf8", "options": _OPTIONS}
_ARGUMENTS = {"connect_timeout": 5, **_NOTICED, **_NAMED}
# Taken as the first thing by a rule: LOCK is no query, so the snapshot is one of afterwards. Of two rules that are run
# again one waits for the other; one that came second too often runs alone, while all others wait.
_TURNS = ("ROW SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE")
_ALONE_FROM = 3  # the tries before it


def postgres_writing_engine(url: str, patience: float, most_connections: int | None = None) -> Engine:
    """Return an engine whose transactions are as if they came one after the other, and wait so long for locks."""
    engine = _engine(url, {}, most_connections, isolation_level="SERIALIZABLE")
    if patience < WRITER_PATIENCE:
        wait_for_seconds_only(engine)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        milliseconds = max(1, int(patience_left(patience) * 1000))
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")

    return engine


def postgres_reading_engine(
    url: str, patience: float, most_connections: int | None = None, **arguments: object
) -> Engine:
    """Return an engine whose transactions see one moment, and cannot write; `arguments` are for the driver."""
    engine = _engine(url, arguments, most_connections, isolation_level="REPEATABLE READ", postgresql_readonly=True)
    if patience < WRITER_PATIENCE:
        wait_for_seconds_only(engine)
    return engine


def driver_arguments(url: URL) -> dict[str, Any]:
    """Return what psycopg connects with, for who asks through the driver itself."""
    _positional, named = url.get_dialect()().create_connect_args(url)
    return {**named, **_ARGUMENTS}


def take_turn(connection: Connection, tries: int) -> None:
    """Have a transaction that has just begun wait for others, the longer the more `tries` came to nothing."""
    if connection.dialect.name == "postgresql":
        mode = _TURNS[2 if tries >= _ALONE_FROM else min(tries, 1)]
        connection.exec_driver_sql(f"LOCK TABLE freshness IN {mode} MODE")


def _engine(
    url: str,
    arguments: Mapping[str, object],
    most_connections: int | None,
    **execution_options: Any,  # noqa: ANN401 - as create_engine takes them
) -> Engine:
    if find_spec("psycopg") is None:
        needs = _("needs a driver that is not installed: pip install 'paidspan[postgres]'")
        raise SettingsError(("PAIDSPAN_DATABASE_URL", needs))
    engine = create_engine(
        url,
        pool_size=most_connections or _CONNECTIONS,
        max_overflow=0 if most_connections else -1,
        pool_pre_ping=True,  # a connection that a restart or a network cut is made anew
        connect_args={**_ARGUMENTS, **arguments},
        hide_parameters=True,  # they are an address or a text, and errors are logged
        execution_options=execution_options,
    )
    event.listen(engine, "connect", _take_any_text)
    return engine


def _take_any_text(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    """Have a NUL, which no text may hold here (PostgreSQL, 8.3), be the sign for what cannot be shown.

    Who asks for something with one in its name finds nothing, as on SQLite.
    """
    from psycopg.types.string import StrBinaryDumper, StrDumperUnknown  # noqa: PLC0415 - an extra of this package

    for kind in (StrBinaryDumper, StrDumperUnknown):
        connection.adapters.register_dumper(str, _without_nul(kind))


@cache
def _without_nul(kind: Any) -> type:  # noqa: ANN401 - a class of the driver's
    def dump(self: Any, text: str) -> object:  # noqa: ANN401 - as above
        return kind.dump(self, text.replace("\0", "\ufffd") if "\0" in text else text)

    return type(kind.__name__, (kind,), {"dump": dump})

"""All that a database holds carried over to another one: from SQLite to PostgreSQL, or back.

The source is read twice: once to send it, once more at the end, whether somebody has written meanwhile. The target is
read back once. Each reading makes a digest of a table, and all three must be the same.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from webapp.accounts.reader_versions import ReaderVersion
from webapp.kit.database import Database
from webapp.kit.errors import InvalidInputError
from webapp.kit.migrate import has_tables, is_current, refuse_newer, upgrade
from webapp.kit.table_base import Base
from webapp.kit.translatable import _
from webapp.search.index import rebuild_index

_AT_ONCE = 500  # rows
_MADE_BY_STEPS = {"freshness"}  # tables that are not empty in an empty database
_LAST = str(ReaderVersion.__tablename__)  # what is put into others changes it
_NUL, _NO_NUL = "\0", "\ufffd"  # PostgreSQL's text holds no NUL (its documentation, 8.3)

_Row = tuple[Any, ...]
_Change = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class MovedTable:
    """A table that is the same on both sides: how many rows, and a digest of all of them in order."""

    name: str
    rows: int
    checksum: str


def move_database(source: Database, target: Database, tell: Callable[[MovedTable], object]) -> None:
    """Carry everything over in one transaction, then index it.

    Raise InvalidInputError, and leave the target as it was, where the source is not of this version or changes
    meanwhile, or the target holds something.
    """
    for side in (source, target):
        refuse_newer(side)
    if not is_current(source):
        raise InvalidInputError(
            _("The source has not the tables of this version."), _("Start paidspan on it once, then move it.")
        )
    _refuse_foreign(target)
    upgrade(target)
    for moved in target.write(lambda session: _move_all(source, session.connection())):
        tell(moved)
    for _done in rebuild_index(target):
        pass


def _move_all(source: Database, given: Connection) -> list[MovedTable]:
    _refuse_filled(given)
    _take_all_time(given)
    with _reading(source) as taken:
        moved = [_move(taken, given, table) for table in _tables()]
    _go_on_counting(given)
    with _reading(source) as taken:
        if moved != [_digest(table, _batches(taken, table, _changes(given))) for table in _tables()]:
            raise InvalidInputError(
                _("The source changed meanwhile."), _("Nothing was moved. Stop paidspan there, then try again.")
            )
    return moved


@contextmanager
def _reading(source: Database) -> Iterator[Connection]:
    with source.reading() as session:
        connection = session.connection()
        _take_all_time(connection)
        yield connection


def _take_all_time(connection: Connection) -> None:
    """Have PostgreSQL wait as long as it takes: one side rests while the other one works."""
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")


def _tables() -> list[Table]:
    """Return all tables, those that others refer to first."""
    ordered = Base.metadata.sorted_tables
    return [*(table for table in ordered if table.name != _LAST), Base.metadata.tables[_LAST]]


def _refuse_foreign(target: Database) -> None:
    if has_tables(target) and not is_current(target):
        raise InvalidInputError(_("The target has the tables of another version."), _("Name an empty database."))


def _refuse_filled(given: Connection) -> None:
    for table in _tables():
        if table.name not in _MADE_BY_STEPS and given.execute(select(table).limit(1)).first() is not None:
            raise InvalidInputError(_("The target is not empty."), _("Name an empty database."))


def _move(taken: Connection, given: Connection, table: Table) -> MovedTable:
    """Carry a table over, read it back, and return it; raise InvalidInputError where it is not the same."""
    given.execute(delete(table))
    sent = _digest(table, _inserted(given, table, _batches(taken, table, _changes(given))))
    arrived = _digest(table, _batches(given, table, _as_it_is))
    if arrived != sent:
        raise InvalidInputError(
            _("%(table)s did not arrive as it was sent.", table=table.name), _("Nothing was moved. Please report this.")
        )
    return arrived


def _inserted(given: Connection, table: Table, batches: Iterable[list[_Row]]) -> Iterator[list[_Row]]:
    """Put rows into a table, and yield them on."""
    names = table.columns.keys()
    for rows in batches:
        given.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        yield rows


def _changes(given: Connection) -> _Change:
    """Return what becomes of a value where it goes."""
    return _without_nul if given.dialect.name == "postgresql" else _as_it_is


def _as_it_is(value: object) -> object:
    return value


def _without_nul(value: object) -> object:
    return value.replace(_NUL, _NO_NUL) if isinstance(value, str) and _NUL in value else value


def _digest(table: Table, batches: Iterable[list[_Row]]) -> MovedTable:
    digest, count = sha256(), 0
    for rows in batches:
        count += len(rows)
        for row in rows:
            digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return MovedTable(table.name, count, digest.hexdigest()[:16])


def _batches(connection: Connection, table: Table, change: _Change) -> Iterator[list[_Row]]:
    """Yield all rows in the order of their keys."""
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=_AT_ONCE)
    for some in connection.execute(query).partitions():
        yield [tuple(map(change, row)) for row in some]


def _go_on_counting(given: Connection) -> None:
    """Have the next row of each table get a number that none has; SQLite counts from the last one itself."""
    if given.dialect.name != "postgresql":
        return
    for table in _tables():
        column = table.autoincrement_column
        if column is not None:
            sequence = given.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            last = given.scalar(select(func.max(column)))
            if sequence and last is not None:
                given.execute(select(func.setval(text(f"'{sequence}'"), last)))

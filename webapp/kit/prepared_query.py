"""Queries of what each page needs: compiled once, and run by the database's driver past SQLAlchemy's layers.

They see what the session's transaction sees. All that SQLAlchemy does for a query takes several times as long as it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Dialect, Select, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeEngine

_Kinds = tuple[type[DeclarativeBase], ...]
_Processor = Callable[[Any], Any]


class PreparedQuery:
    """A query whose rows begin with an entity of each of some kinds, None where an outer join found none.

    `narrow` makes it of a query for their columns, and may add further ones. The entities are as a session that is
    closed leaves them: what is deferred or refers to others is not there.
    """

    def __init__(self, kinds: _Kinds, narrow: Callable[[Select[Any]], Select[Any]]) -> None:
        self._kinds, self._narrow = kinds, narrow
        self._prepared: dict[str, _Prepared] = {}

    def rows(self, session: Session, **given: object) -> list[list[Any]]:
        """Return all rows."""
        if session.autoflush:
            session.flush()
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._prepared:
            self._prepared[name] = _prepare(self._kinds, self._narrow, connection.dialect)
        prepared = self._prepared[name]
        return [prepared.read(raw) for raw in _fetch(connection, prepared.text, prepared.bind(given))]

    def first(self, session: Session, **given: object) -> list[Any] | None:
        """Return the first row, None where there is none."""
        return next(iter(self.rows(session, **given)), None)


@dataclass(frozen=True, slots=True)
class _Entity:
    """A kind of entity, and which of the values of a row are its own."""

    kind: type[DeclarativeBase]
    names: tuple[str, ...]
    begin: int
    keys: tuple[int, ...]

    def read(self, row: Sequence[Any]) -> DeclarativeBase | None:
        identity = tuple(row[place] for place in self.keys)
        if identity[0] is None:
            return None
        made: DeclarativeBase = self.kind.__mapper__.class_manager.new_instance()
        made.__dict__.update(zip(self.names, row[self.begin : self.begin + len(self.names)], strict=True))
        instance_state(made).key = (self.kind, identity, None)
        return made


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A query as one kind of database understands it."""

    text: str
    defaults: Mapping[str, Any]
    places: Sequence[str] | None  # of parameters, where they are given in order
    bound: tuple[tuple[str, _Processor], ...]
    found: tuple[tuple[int, _Processor], ...]
    entities: tuple[_Entity, ...]
    others: int  # where other values begin

    def bind(self, given: Mapping[str, object]) -> Any:  # noqa: ANN401 - as the driver takes them
        values = {**self.defaults, **given}
        for name, process in self.bound:
            values[name] = process(values[name])
        return values if self.places is None else [values[name] for name in self.places]

    def read(self, raw: Sequence[Any]) -> list[Any]:
        row = list(raw)
        for place, process in self.found:
            row[place] = process(row[place])
        return [*(entity.read(row) for entity in self.entities), *row[self.others :]]


def _prepare(kinds: _Kinds, narrow: Callable[[Select[Any]], Select[Any]], dialect: Dialect) -> _Prepared:
    entities: list[_Entity] = []
    columns: list[ColumnElement[Any]] = []
    for kind in kinds:
        loaded = [one for one in kind.__mapper__.column_attrs if not one.deferred]
        own = [one.columns[0] for one in loaded]
        keys = tuple(len(columns) + place for place, column in enumerate(own) if column.primary_key)
        entities.append(_Entity(kind, tuple(one.key for one in loaded), len(columns), keys))
        columns += own
    statement = narrow(select(*columns))
    compiled = statement.compile(dialect=dialect)
    given = dict.fromkeys(name for bind, name in compiled.bind_names.items() if bind.required)
    expanded = compiled.construct_expanded_state(given)
    binds = ((name, _impl(bind.type, dialect).bind_processor(dialect)) for bind, name in compiled.bind_names.items())
    types = (_impl(column.type, dialect).result_processor(dialect, None) for column in statement.selected_columns)
    return _Prepared(
        text=expanded.statement,
        defaults=expanded.parameters,
        places=expanded.positiontup,
        bound=tuple((name, process) for name, process in binds if process),
        found=tuple((place, process) for place, process in enumerate(types) if process),
        entities=tuple(entities),
        others=len(columns),
    )


def _impl(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return type_.dialect_impl(dialect)


def _fetch(connection: Connection, text: str, parameters: Any) -> Sequence[Sequence[Any]]:  # noqa: ANN401 - see above
    """Return what the driver has to say; its errors are SQLAlchemy's, as everywhere."""
    if connection.dispatch.before_cursor_execute:  # who listens to what is asked shall hear this, too
        return connection.exec_driver_sql(text, parameters if isinstance(parameters, dict) else tuple(parameters)).all()
    driver = connection.dialect.loaded_dbapi
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]  # it is open
    try:
        cursor.execute(text, parameters)
        return cast("Sequence[Sequence[Any]]", cursor.fetchall())
    except driver.Error as error:
        raise DBAPIError.instance(
            text, parameters, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()

"""Stripe's lists: the newest first, paged by the id of the last object seen, narrowed by filters."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from webapp.stripe_sandbox.form_encoding import Raw
from webapp.stripe_sandbox.params import ParamReader, Params, integer, text
from webapp.stripe_sandbox.storage import objects
from webapp.stripe_sandbox.stripe_errors import RefusedError, no_such
from webapp.stripe_sandbox.unit_of_work import Json, UnitOfWork

LIMIT = 10
MAX_LIMIT = 100
_COMPARED: Mapping[str, Callable[[int], ColumnElement[bool]]] = {
    "eq": lambda moment: objects.c.created == moment,
    "gt": lambda moment: objects.c.created > moment,
    "gte": lambda moment: objects.c.created >= moment,
    "lt": lambda moment: objects.c.created < moment,
    "lte": lambda moment: objects.c.created <= moment,
}

Condition = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that narrows a list: how it is read, and the condition it puts."""

    reader: ParamReader
    condition: Condition


@dataclass(frozen=True, slots=True)
class ListEndpoint:
    """One of Stripe's lists: what is in it, and what narrows it; `always` holds unless a parameter says otherwise."""

    kind: str
    filters: Mapping[str, Filter]
    always: Callable[[Json], Iterable[ColumnElement[bool]]] = lambda _params: ()

    def fields(self) -> Params:
        """Return what a request for this list may carry."""
        cursors: dict[str, ParamReader] = {"limit": _limit, "starting_after": text, "ending_before": text}
        return Params(cursors | {name: filter_.reader for name, filter_ in self.filters.items()})

    def page(self, uow: UnitOfWork, params: Json, url: str, owner: str | None = None) -> Json:
        """Return one page of the list; raise RefusedError when a cursor names nothing."""
        conditions = [objects.c.object == self.kind, *self.always(params)]
        conditions += [objects.c.owner == owner] if owner else []
        conditions += [self.filters[name].condition(value) for name, value in params.items() if name in self.filters]
        found, more = _cut(uow, self.kind, conditions, params)
        return list_of(found, url, has_more=more)


def list_of(data: list[Json], url: str, *, has_more: bool = False) -> Json:
    """Return a list object as Stripe shapes it."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def equals(name: str) -> Condition:
    """Return the condition that an indexed key of the object is the value given."""
    return lambda value: objects.c[name] == value


def shows(path: str) -> Condition:
    """Return the condition that the object shows a value at a path; no index helps, for lists that stay short."""
    return lambda value: _at(path) == value


def one_of(path: str) -> Condition:
    """Return the condition that the object shows one of the values at a path."""
    return lambda values: _at(path).in_(values)


def created(range_: Mapping[str, int]) -> ColumnElement[bool]:
    """Return the condition that an object was made in a range of moments."""
    return and_(true(), *(_COMPARED[name](moment) for name, moment in range_.items()))


def not_deleted(_params: Json) -> list[ColumnElement[bool]]:
    """Return the condition that keeps deleted objects out of a list."""
    return [_at("deleted").is_(None)]


def _at(path: str) -> ColumnElement[Any]:
    return func.json_extract(objects.c.body, f"$.{path}")


def _cut(uow: UnitOfWork, kind: str, conditions: list[ColumnElement[bool]], params: Json) -> tuple[list[Json], bool]:
    """Return a page and whether more lies beyond it, in the direction that was read."""
    limit, connection = params.get("limit", LIMIT), uow.connection
    backwards = "ending_before" in params
    if backwards and "starting_after" in params:
        raise RefusedError("You can only specify one of these parameters: starting_after, ending_before.")
    if backwards:
        conditions.append(objects.c.sequence > _sequence(connection, kind, params, "ending_before"))
    elif "starting_after" in params:
        conditions.append(objects.c.sequence < _sequence(connection, kind, params, "starting_after"))
    order = objects.c.sequence.asc() if backwards else objects.c.sequence.desc()
    query = select(uow.body).where(*conditions).order_by(order).limit(limit + 1)
    found = list(connection.scalars(query))
    page = found[:limit]
    return page[::-1] if backwards else page, len(found) > limit


def _sequence(connection: Connection, kind: str, params: Json, name: str) -> int:
    query = select(objects.c.sequence).where(objects.c.id == params[name], objects.c.object == kind)
    sequence: int | None = connection.scalar(query)
    if sequence is None:
        raise no_such(kind, params[name], name)
    return sequence


def _limit(raw: Raw, name: str) -> int:
    limit = integer(raw, name)
    if not 1 <= limit <= MAX_LIMIT:
        raise RefusedError(f"Invalid integer: limit must be between 1 and {MAX_LIMIT}", param=name)
    return limit

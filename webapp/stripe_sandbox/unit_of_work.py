"""One transaction on the sandbox's objects: find, add, change, and tell the world."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import stripe
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from webapp.kit import randomness
from webapp.stripe_sandbox.params import metadata_fields
from webapp.stripe_sandbox.storage import agenda, before_last_change, objects, outbox
from webapp.stripe_sandbox.stripe_errors import no_such

Json = dict[str, Any]


def new_id(prefix: str) -> str:
    """Return an id as Stripe makes them: a prefix that says what it is, then chance."""
    return f"{prefix}_{randomness.token(12)}"


# Nearly every request asks this, so it is written out.
_FIND = "SELECT body FROM objects WHERE id = ? AND object = ?"
# Written once, since a request asks them again and again: building one takes three times as long as carrying it out.
_THIS = objects.c.id == bindparam("this")
_MEMO = select(objects.c.memo).where(_THIS)
_SAVE = update(objects).where(_THIS).values(body=bindparam("new"), previous=objects.c.body)
_NOTE = update(objects).where(_THIS).values(memo=bindparam("new"))
_ADD, _POST, _REMIND = insert(objects), insert(outbox), insert(agenda)
_FORGET_ALL = delete(agenda).where(agenda.c.object_id == bindparam("this"))
_FORGET = _FORGET_ALL.where(agenda.c.what == bindparam("what"))


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that set something off; both None where time did."""

    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """The sandbox's objects inside one transaction; `now` in seconds since 1970."""

    connection: Connection
    now: int
    origin: Origin = Origin()
    stale: bool = False

    @property
    def body(self) -> ColumnElement[Json]:
        """Return the column that objects are read from: as they are, or as they were before their last change."""
        return before_last_change() if self.stale else objects.c.body

    def find(self, kind: str, object_id: str) -> Json | None:
        """Return an object as Stripe shows it."""
        if self.stale:
            return self.connection.scalar(select(self.body).where(objects.c.id == object_id, objects.c.object == kind))
        body: str | None = self.connection.exec_driver_sql(_FIND, (object_id, kind)).scalar()
        return None if body is None else dict(json.loads(body))

    def get(self, kind: str, object_id: str, param: str = "id") -> Json:
        """Return an object; raise RefusedError naming `param` when there is none."""
        found = self.find(kind, object_id)
        if found is None:
            raise no_such(kind, object_id, param)
        return found

    def living(self, kind: str, object_id: str, param: str = "id") -> Json:
        """Return an object that was not deleted; raise RefusedError otherwise."""
        found = self.get(kind, object_id, param)
        if found.get("deleted"):
            raise no_such(kind, object_id, param)
        return found

    def memo(self, object_id: str) -> Json:
        """Return what is remembered about an object without being shown."""
        return dict(self.connection.scalars(_MEMO, {"this": object_id}).one())

    def owned(self, owner: str, kind: str) -> list[Json]:
        """Return what belongs to an object, in the order in which it was added."""
        query = select(self.body).where(objects.c.owner == owner, objects.c.object == kind)
        return list(self.connection.scalars(query.order_by(objects.c.sequence)))

    def with_customer(self, kind: str, customer: str) -> list[Json]:
        """Return a customer's objects of one kind, the newest first."""
        query = select(self.body).where(objects.c.customer == customer, objects.c.object == kind)
        return list(self.connection.scalars(query.order_by(objects.c.sequence.desc())))

    def invoices_of(self, subscription: str, *statuses: str, limit: int | None = None) -> list[Json]:
        """Return a subscription's invoices in one of these states, the newest first."""
        mine = (objects.c.subscription == subscription, objects.c.object == "invoice")
        query = select(objects.c.body).where(*mine, func.json_extract(objects.c.body, "$.status").in_(statuses))
        return list(self.connection.scalars(query.order_by(objects.c.sequence.desc()).limit(limit)))

    def common_fields(self, kind: str, object_id: str) -> Json:
        """Return what nearly every new object of Stripe's begins with."""
        return {"id": object_id, "object": kind, "created": self.now, "livemode": False}

    def add(self, body: Json, *, owner: str | None = None, memo: Json | None = None, event: str | None = None) -> Json:
        """Keep a new object, tell of it under `event`, and return it."""
        row = {"id": body["id"], "object": body["object"], "created": body.get("created", self.now)}
        self.connection.execute(_ADD, {**row, "owner": owner, "body": body, "memo": memo or {}})
        if event:
            self.announce(event, body)
        return body

    def save(self, body: Json, **changes: Any) -> Json:  # noqa: ANN401 - whatever the object's keys hold
        """Keep an object as it now is, with some keys changed, and return it."""
        changed = body | changes
        self.connection.execute(_SAVE, {"this": changed["id"], "new": changed})
        return changed

    def transition(self, body: Json, event: str, **changes: Any) -> Json:  # noqa: ANN401 - as above
        """Keep an object with some keys changed and tell of it under an event that says what has become of it."""
        changed = self.save(body, **changes)
        self.announce(event, changed)
        return changed

    def remove(self, object_id: str) -> None:
        """Take an object out again, as if it had never been."""
        self.connection.execute(delete(objects).where(objects.c.id == object_id))

    def note(self, object_id: str, **notes: Any) -> None:  # noqa: ANN401 - whatever is to be remembered
        """Remember more about an object without showing it."""
        memo = self.memo(object_id) | notes
        self.connection.execute(_NOTE, {"this": object_id, "new": memo})

    def change(self, body: Json, event: str, **changes: Any) -> Json:  # noqa: ANN401 - whatever the object's keys hold
        """Keep an object with some keys changed and tell of it under `event`; tell nothing when nothing changed."""
        changed = body | changes
        previous = differences(changed, body)
        if previous:
            self.save(changed)
            self.announce(event, changed, previous)
        return changed

    def announce(self, event: str, about: Json, previous: Json | None = None) -> None:
        """Write an event with a snapshot of its object, and put it into the outbox."""
        data = {"object": about} if previous is None else {"object": about, "previous_attributes": previous}
        event_ = self.add(
            {
                **self.common_fields("event", new_id("evt")),
                "api_version": stripe.api_version,
                "data": data,
                "pending_webhooks": 1,
                "request": {"id": self.origin.request_id, "idempotency_key": self.origin.idempotency_key},
                "type": event,
            }
        )
        self.connection.execute(_POST, {"event_id": event_["id"]})

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Open a stretch of work that is taken back at its end, as if it had never been."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()

    def remind(self, at: int, what: str, object_id: str) -> None:
        """Write into the agenda what shall happen to an object when the sandbox's time has come that far."""
        self.forget(what, object_id)
        self.connection.execute(_REMIND, {"at": at, "what": what, "object_id": object_id})

    def forget(self, what: str, object_id: str) -> None:
        """Take something out of the agenda again."""
        self.connection.execute(_FORGET, {"this": object_id, "what": what})

    def forget_all(self, object_id: str) -> None:
        """Take everything about an object out of the agenda."""
        self.connection.execute(_FORGET_ALL, {"this": object_id})


def differences(new: Mapping[str, Any], old: Mapping[str, Any]) -> Json:
    """Return the old values of what changed, as Stripe's `previous_attributes` have them: branch by branch."""
    changed: Json = {}
    for key in sorted(new.keys() | old.keys()):
        now, before = new.get(key), old.get(key)
        if isinstance(now, dict) and isinstance(before, dict):
            inner = differences(now, before)
            changed |= {key: inner} if inner else {}
        elif now != before:
            changed[key] = before
    return changed


@dataclass(frozen=True, slots=True)
class ApiCall:
    """What an endpoint is asked: the transaction, the parameters as read, the id and path, and where our pages are."""

    uow: UnitOfWork
    params: Json
    path: str
    object_id: str
    base_url: str

    def changes_to(self, present: Json) -> Json:
        """Return what is to change of an object: the parameters, where they hold metadata merged with what it has."""
        if "metadata" not in self.params:
            return dict(self.params)
        return self.params | {"metadata": metadata_fields(present["metadata"], self.params["metadata"])}


Handler = Callable[[ApiCall], Json]

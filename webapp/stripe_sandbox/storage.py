"""The sandbox's file: objects, what waits to be sent, what is due, and what must be remembered between requests."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Computed,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from webapp.kit.database import Database

WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - the key under which it is remembered
BASE_URL = "base_url"  # under which the address of the sandbox's pages is remembered

_tables = MetaData()


def _shown(name: str, *paths: str) -> Column[str]:
    """Return a column that the database itself reads out of an object's JSON, so that the two cannot disagree."""
    found = ", ".join(f"json_extract(body, '$.{path}')" for path in paths)
    return Column(name, String, Computed(f"coalesce({found}, NULL)", persisted=False))


objects = Table(
    "objects",
    _tables,
    Column("sequence", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("object", String, nullable=False),
    Column("created", Integer, nullable=False),
    Column("owner", String, comment="what this belongs to, where its JSON does not say it"),
    Column("body", JSON, nullable=False, comment="as Stripe shows it"),
    Column("previous", JSON(none_as_null=True), comment="the body before its last change, for stale reads"),
    Column("memo", JSON, nullable=False, comment="what Stripe remembers and does not show"),
    _shown("customer", "customer"),
    _shown("payment_intent", "payment_intent", "payment.payment_intent"),
    _shown("subscription", "subscription", "parent.subscription_details.subscription"),
    _shown("invoice", "invoice"),
    _shown("charge", "charge"),
    _shown("lookup_key", "lookup_key"),
    sqlite_autoincrement=True,
)
Index("ix_objects_object", objects.c.object, objects.c.sequence)
for _key in ("customer", "payment_intent", "subscription", "invoice", "charge", "lookup_key", "owner"):
    Index(f"ix_objects_{_key}", objects.c[_key], objects.c.object, objects.c.sequence)

outbox = Table(
    "outbox",
    _tables,
    Column("number", Integer, primary_key=True),
    Column("event_id", String, nullable=False, unique=True),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt", Float, nullable=False, default=0.0, comment="the machine's own time, seconds since 1970"),
    Column("delivered", Float, comment="likewise; NULL until an answer of 2xx"),
    sqlite_autoincrement=True,
)
Index("ix_outbox_waiting", outbox.c.number, sqlite_where=outbox.c.delivered.is_(None))

agenda = Table(
    "agenda",
    _tables,
    Column("number", Integer, primary_key=True),
    Column("at", Integer, nullable=False, index=True, comment="the sandbox's time, seconds since 1970"),
    Column("what", String, nullable=False),
    Column("object_id", String, nullable=False, index=True),
    sqlite_autoincrement=True,
)

idempotency_keys = Table(
    "idempotency_keys",
    _tables,
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created", Integer, nullable=False, index=True),
)

meta = Table("meta", _tables, Column("key", String, primary_key=True), Column("value", Text, nullable=False))


class SandboxStore:
    """Opens the sandbox's file, making its tables where they are missing; several processes share it."""

    def __init__(self, path: Path) -> None:
        self._database = Database(f"sqlite:///{path}")
        with self.writing() as connection:
            _tables.create_all(connection)
            _bring_up_to_date(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that sees one moment and cannot write."""
        with self._database.read_engine.connect() as connection:
            yield connection

    def peek(self, sql: str, values: tuple[int, ...]) -> Any:  # noqa: ANN401 - the driver's own row
        """Return the first row that a question finds, past SQLAlchemy and without a transaction: it is asked often."""
        with closing(self._database.read_engine.raw_connection()) as connection:
            return connection.cursor().execute(sql, values).fetchone()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that alone may write: returning commits, raising rolls back."""
        with self._database.writing_plainly() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _bring_up_to_date(connection: Connection) -> None:
    """Add to a file of an earlier release the column that it lacks, and the renewals that were not planned then."""
    names = {row.name for row in connection.exec_driver_sql("PRAGMA table_info(objects)")}
    if objects.c.previous.name not in names:
        connection.exec_driver_sql("ALTER TABLE objects ADD COLUMN previous JSON")
        connection.exec_driver_sql(
            "INSERT INTO agenda (at, what, object_id) "
            "SELECT json_extract(body, '$.items.data[0].current_period_end'), 'renew_subscription', id FROM objects "
            "WHERE object = 'subscription' AND json_extract(body, '$.status') IN ('active', 'trialing')"
        )


def before_last_change() -> ColumnElement[dict[str, Any]]:
    """Return the expression for an object as it was before its last change; one that never changed, as it is."""
    return type_coerce(func.coalesce(objects.c.previous, objects.c.body), JSON)


def requeue_events(connection: Connection, since: float | None) -> int:
    """Put events into the outbox anew, all or those since a moment of the sandbox's time; return how many."""
    chosen = select(objects.c.id).where(objects.c.object == "event", objects.c.created >= (since or 0))
    anew = {"attempts": 0, "delivered": None, "next_attempt": 0.0}
    return connection.execute(update(outbox).where(outbox.c.event_id.in_(chosen)).values(anew)).rowcount


def recall(connection: Connection, key: str) -> str | None:
    """Return what is remembered under a key."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def remember(connection: Connection, key: str, value: str) -> None:
    """Remember a value under a key from now on."""
    row = insert(meta).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def recall_or_make(connection: Connection, key: str, value: str) -> str:
    """Return what is remembered under a key; the first time that is `value`."""
    connection.execute(insert(meta).values(key=key, value=value).on_conflict_do_nothing())
    return recall(connection, key) or value

"""A version for each reader, which the database itself changes with all that says who they are and what they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_TABLES = {"readers": "id", "devices": "reader_id", "access_tokens": "reader_id", "grants": "reader_id"}
_EVENTS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "reader_versions",
        sa.Column("reader_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_id", name=op.f("pk_reader_versions")),
    )
    make_triggers = _postgres_triggers if op.get_bind().dialect.name == "postgresql" else _sqlite_triggers
    make_triggers()


def _sqlite_triggers() -> None:
    for table, column in _TABLES.items():
        for event, rows in _EVENTS.items():
            changes = "; ".join(
                f"INSERT INTO reader_versions (reader_id, version) VALUES ({row}.{column}, random()) "  # noqa: S608 - names of ours
                "ON CONFLICT (reader_id) DO UPDATE SET version = excluded.version"
                for row in rows
            )
            op.execute(f"CREATE TRIGGER {table}_{event}_version AFTER {event} ON {table} BEGIN {changes}; END")
    op.execute("INSERT INTO reader_versions (reader_id, version) SELECT id, random() FROM readers")


def _postgres_triggers() -> None:
    number = "(('x' || substr(md5(gen_random_uuid()::text), 1, 16))::bit(64)::bigint)"
    for table, column in _TABLES.items():
        for event, rows in _EVENTS.items():
            changes = " ".join(
                f"INSERT INTO reader_versions (reader_id, version) VALUES ({row}.{column}, {number}) "  # noqa: S608 - names of ours
                "ON CONFLICT (reader_id) DO UPDATE SET version = excluded.version;"
                for row in rows
            )
            name = f"{table}_{event}_version"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {changes} RETURN NULL; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")

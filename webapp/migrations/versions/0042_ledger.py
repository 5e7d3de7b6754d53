"""The ledger: how each subscription stood since when, what each payment and each change moved, and day sums."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

_MODE = sa.Enum("sandbox", "test", "live", name="mode", native_enum=False, length=20)
_KIND = sa.Enum("month", "year", "pass", "document", name="plankind", native_enum=False, length=20)
_DATED_BY = sa.Enum("object", "event", "seen", name="datedby", native_enum=False, length=20)
_REVENUE = ("payment", "refund", "dispute", "won-back")
_MOVEMENTS = ("new", "returned", "expansion", "contraction", "lost", "saved")
_FIGURE = sa.Enum(*_REVENUE, *_MOVEMENTS, name="figure", native_enum=False, length=20)
_STANDINGS = ("waiting", "trial", "paying", "failing", "unpaid", "paused", "ended", "unknown")
_STANDING = sa.Enum(*_STANDINGS, name="standing", native_enum=False, length=20)


def upgrade() -> None:
    """Take the step; the worker takes in what was there before."""
    states = op.create_table(
        "ledger_states",
        sa.Column("mode", _MODE, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("receipts_up_to", sa.Integer(), nullable=False),
        sa.Column("complete_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("mode", name=op.f("pk_ledger_states")),
    )
    op.bulk_insert(states, [{"mode": mode, "zone": "UTC", "receipts_up_to": 0} for mode in ("sandbox", "test", "live")])
    _create_entries()
    _create_sums()
    _create_standings()
    op.add_column("stripe_events", sa.Column("happened_at", sa.DateTime(), nullable=True))
    op.add_column("stripe_objects", sa.Column("in_ledger", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_grants_counted", "grants", ["mode", "source", "revoked", "ends_at", "starts_at"])
    left = sa.text("NOT in_ledger")
    op.create_index(
        "ix_stripe_objects_not_in_ledger", "stripe_objects", ["mode"], sqlite_where=left, postgresql_where=left
    )


def _create_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mode", _MODE, nullable=False),
        sa.Column("figure", _FIGURE, nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("cohort", sa.String(length=7), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("tax", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("dated_by", _DATED_BY, nullable=False),
        sa.Column("summed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_ledger_entries_reader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("figure", "source_id", name=op.f("uq_ledger_entries_figure_source_id")),
    )
    op.create_index("ix_ledger_entries_listed", "ledger_entries", ["mode", "currency", "figure", "at", "id"])
    op.create_index("ix_ledger_entries_at", "ledger_entries", ["mode", "currency", "at", "id"])
    op.create_index("ix_ledger_entries_reader_id", "ledger_entries", ["reader_id", "currency"])
    left = sa.text("NOT summed")
    op.create_index(
        "ix_ledger_entries_not_summed",
        "ledger_entries",
        ["mode", "currency"],
        sqlite_where=left,
        postgresql_where=left,
    )


def _create_sums() -> None:
    alike = ("mode", "currency", "figure", "day", "kind", "plan", "cohort")
    op.create_table(
        "ledger_sums",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mode", _MODE, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("figure", _FIGURE, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("cohort", sa.String(length=7), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_sums")),
        sa.UniqueConstraint(*alike, name="uq_ledger_sums_alike"),
    )


def _create_standings() -> None:
    op.create_table(
        "subscription_standings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mode", _MODE, nullable=False),
        sa.Column("subscription_id", sa.String(length=255), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("not_before", sa.DateTime(), nullable=True),
        sa.Column("dated_by", _DATED_BY, nullable=False),
        sa.Column("standing", _STANDING, nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("plan", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("monthly", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_subscription_standings_reader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_standings")),
    )
    table, now = "subscription_standings", sa.text("until IS NULL")
    op.create_index("ix_subscription_standings_subscription_id", table, ["subscription_id", "until"])
    op.create_index("ix_subscription_standings_reader_id", table, ["reader_id", "currency"])
    op.create_index(
        "ix_subscription_standings_now",
        table,
        ["mode", "currency", "standing", "kind", "plan", "monthly"],
        sqlite_where=now,
        postgresql_where=now,
    )
    op.create_index("ix_subscription_standings_then", table, ["mode", "currency", "since", "id", "until", "monthly"])

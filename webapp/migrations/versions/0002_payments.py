"""Payments: which of Stripe's worlds a row belongs to, receipts, mails, reconciliations, alerts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Until now a real key could sell single documents only, so what is not live was the sandbox's.
OF_MODE = {
    "plans": None,
    "purchases": "livemode",
    "stripe_commands": None,
    "stripe_customers": "livemode",
    "stripe_events": "livemode",
    "stripe_objects": None,
}


def _mode(*, nullable: bool = False, default: str | None = None) -> sa.Column[str]:
    words = sa.Enum("sandbox", "test", "live", name="mode", native_enum=False, length=20)
    return sa.Column("mode", words, nullable=nullable, server_default=default)


def upgrade() -> None:
    """Take the step."""
    _make_tables()
    for table, livemode in OF_MODE.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(_mode(default="sandbox"))
        if livemode:
            op.execute(sa.text(f"UPDATE {table} SET mode = 'live' WHERE {livemode}"))  # noqa: S608 - names from above
    _change_plans()
    _change_purchases()
    _change_mirror()
    _change_grants()
    _rewrite_bundles()


def _make_tables() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        _mode(),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("code", "about", name=op.f("uq_alerts_code_about")),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("message", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_mails_key")),
    )
    op.create_index("ix_mails_waiting", "mails", ["sent_at", "next_try_at"])
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Integer(), nullable=False),
        _mode(),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("roots", sa.Integer(), nullable=False),
        sa.Column("drift", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index("ix_reconciliations_finished", "reconciliations", ["mode", "whole", "finished_at"])
    _make_receipts()


def _make_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(length=255), nullable=False),
        _mode(),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("purchase_id", sa.String(length=36), nullable=False),
        sa.Column("payment_intent_id", sa.String(length=255), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("month", "year", "pass", "document", name="kind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("refunded", sa.Integer(), nullable=False),
        sa.Column("paid_at", sa.DateTime(), nullable=False),
        sa.Column("period_starts_at", sa.DateTime(), nullable=True),
        sa.Column("period_ends_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_receipts_document_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchases.id"], name=op.f("fk_receipts_purchase_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_receipts_reader_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipts")),
        sa.UniqueConstraint("source_id", name=op.f("uq_receipts_source_id")),
    )
    op.create_index(op.f("ix_receipts_payment_intent_id"), "receipts", ["payment_intent_id"])
    op.create_index("ix_receipts_reader_id_paid_at", "receipts", ["reader_id", "paid_at"])


def _change_plans() -> None:
    with op.batch_alter_table("plans") as batch:
        batch.alter_column("mode", server_default=None)
        batch.add_column(sa.Column("trial_days", sa.Integer(), nullable=False, server_default="0"))
        batch.drop_constraint("uq_plans_code", type_="unique")
        batch.create_index(
            "ix_plans_on_sale",
            ["mode", "code"],
            unique=True,
            sqlite_where=sa.text("active"),
            postgresql_where=sa.text("active"),
        )


def _change_purchases() -> None:
    unfinished = sa.text("state = 'open' AND recurring")
    with op.batch_alter_table("purchases") as batch:
        batch.alter_column("mode", server_default=None)
        batch.add_column(sa.Column("title", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("days", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("trial_days", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("customer_id", sa.String(length=255), nullable=True))
        batch.drop_index("ix_purchases_one_open_subscription")
        batch.create_index(
            "ix_purchases_one_open_subscription",
            ["reader_id", "mode"],
            unique=True,
            sqlite_where=unfinished,
            postgresql_where=unfinished,
        )
        batch.drop_column("livemode")
    op.execute(sa.text("UPDATE purchases SET days = (SELECT days FROM plans WHERE plans.id = purchases.plan_id)"))
    op.execute(
        sa.text(
            "UPDATE purchases SET title = (SELECT title FROM documents WHERE documents.id = purchases.document_id) "
            "WHERE document_id IS NOT NULL"
        )
    )


def _change_mirror() -> None:
    with op.batch_alter_table("stripe_commands") as batch:
        batch.alter_column("mode", server_default=None)
    with op.batch_alter_table("stripe_customers") as batch:
        batch.alter_column("mode", server_default=None)
        batch.drop_constraint("uq_stripe_customers_reader_id_livemode", type_="unique")
        batch.create_unique_constraint("uq_stripe_customers_reader_id_mode", ["reader_id", "mode"])
        batch.drop_column("livemode")
    with op.batch_alter_table("stripe_events") as batch:
        batch.alter_column("mode", server_default=None)
        batch.drop_column("livemode")
    behind = sa.text("wanted > applied")
    with op.batch_alter_table("stripe_objects") as batch:
        batch.alter_column("mode", server_default=None)
        batch.add_column(sa.Column("unsettled", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.drop_index("ix_stripe_objects_behind")
        batch.create_index("ix_stripe_objects_behind", ["mode"], sqlite_where=behind, postgresql_where=behind)


def _change_grants() -> None:
    with op.batch_alter_table("grants") as batch:
        batch.add_column(_mode(nullable=True))
    op.execute(sa.text("UPDATE grants SET mode = 'sandbox' WHERE source <> 'complimentary'"))
    op.execute(
        sa.text(
            "UPDATE grants SET mode = (SELECT mode FROM purchases WHERE purchases.id = grants.source_id "
            "OR purchases.subscription_id = grants.source_id) WHERE source <> 'complimentary' AND EXISTS "
            "(SELECT 1 FROM purchases WHERE purchases.id = grants.source_id "
            "OR purchases.subscription_id = grants.source_id)"
        )
    )
    with op.batch_alter_table("grants") as batch:
        batch.create_index("ix_grants_lapsing", ["mode", "source", "ends_at"])
        batch.create_check_constraint("mode_of_derived", "(source = 'complimentary') = (mode IS NULL)")


def _rewrite_bundles() -> None:
    """Put a subscription's payments where they stand now, inside their invoices, and have all of it asked for anew."""
    objects = sa.table("stripe_objects", sa.column("id"), sa.column("type"), sa.column("bundle"), sa.column("wanted"))
    connection = op.get_bind()
    for object_id, bundle in connection.execute(
        sa.select(objects.c.id, objects.c.bundle).where(objects.c.type == "subscription", objects.c.bundle.is_not(None))
    ).all():
        held = json.loads(bundle) if isinstance(bundle, str) else bundle
        if not held:
            continue
        payments = held.pop("payments", [])
        for invoice in held["invoices"]:
            invoice["payments"] = {"data": [one for one in payments if one["invoice"] == invoice["id"]]}
        kept = sa.update(objects).where(objects.c.id == object_id)
        connection.execute(kept.values(bundle=json.dumps(held)))
    connection.execute(sa.update(objects).values(wanted=objects.c.wanted + 1))

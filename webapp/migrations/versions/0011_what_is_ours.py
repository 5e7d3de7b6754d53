"""What is ours, owed and given back: products, what was asked for, customers of a currency, what came back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Take the step; products are learned from Stripe at the next start, since no migration asks it."""
    op.add_column("plans", sa.Column("stripe_product_id", sa.String(length=255), nullable=True))
    op.add_column("purchases", sa.Column("asked_amount", sa.Integer(), nullable=True))
    op.add_column("purchases", sa.Column("warned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("purchases", sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("purchases", sa.Column("asked_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE purchases SET asked_amount = amount WHERE state = 'open'")
    # What was bought before anybody could be warned is not given back for that.
    op.execute(sa.text("UPDATE purchases SET warned = :warned").bindparams(warned=True))
    op.add_column("stripe_commands", sa.Column("moment", sa.DateTime(), nullable=True))
    op.add_column("stripe_commands", sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("stripe_objects", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("stripe_objects", sa.Column("disowned_at", sa.DateTime(), nullable=True))
    op.add_column("stripe_objects", sa.Column("unreachable_since", sa.DateTime(), nullable=True))
    op.add_column("stripe_objects", sa.Column("upcoming", sa.JSON(), nullable=True))
    op.add_column("stripe_events", sa.Column("delivered", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )
    mode = sa.Enum("sandbox", "test", "live", name="mode", native_enum=False, length=20)
    op.create_table(
        "adopted_products",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("mode", mode, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_adopted_products"),
    )
    with op.batch_alter_table("receipts") as batch:
        batch.alter_column("purchase_id", existing_type=sa.String(length=36), nullable=True)
        batch.add_column(sa.Column("tax", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("company", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("tax_ids", sa.Text(), nullable=False, server_default=""))
    _bind_customers()


def _bind_customers() -> None:
    """Have customers by currency: the one of what they bought, a subscription first."""
    with op.batch_alter_table("stripe_customers") as batch:
        batch.add_column(sa.Column("currency", sa.String(length=3), nullable=False, server_default=""))
        batch.add_column(sa.Column("created_at", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("retired_at", sa.DateTime(), nullable=True))
        batch.drop_constraint("uq_stripe_customers_reader_id_mode", type_="unique")
    op.execute(
        "UPDATE stripe_customers SET currency = COALESCE((SELECT currency FROM purchases"
        " WHERE purchases.customer_id = stripe_customers.id AND subscription_id IS NOT NULL"
        " ORDER BY created_at LIMIT 1), '')"
    )
    # Who was deleted at Stripe was forgotten here; what they bought is judged by its customer now.
    op.execute(
        "INSERT INTO stripe_customers (id, reader_id, mode, currency, retired_at)"
        " SELECT customer_id, MIN(reader_id), MIN(mode), MIN(currency), MAX(created_at) FROM purchases"
        " WHERE customer_id IS NOT NULL AND customer_id NOT IN (SELECT id FROM stripe_customers) GROUP BY customer_id"
    )
    op.create_index(
        "ix_stripe_customers_one_each",
        "stripe_customers",
        ["reader_id", "mode", "currency"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )

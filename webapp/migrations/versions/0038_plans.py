"""Plans have words of the publisher's, an order, and readers that hold them; all that is new may be left out."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Take the step."""
    op.add_column("plans", sa.Column("name", sa.String(length=80), server_default="", nullable=False))
    op.add_column("plans", sa.Column("description", sa.String(length=200), server_default="", nullable=False))
    op.add_column("plans", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    op.add_column("plans", sa.Column("featured", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("ALTER TABLE grants ADD COLUMN plan_id INTEGER CONSTRAINT fk_grants_plan_id REFERENCES plans (id)")
    op.create_index(
        "ix_grants_held_plans",
        "grants",
        ["mode", "plan_id", "ends_at", "starts_at"],
        sqlite_where=sa.text("plan_id IS NOT NULL AND revoked IS NULL"),
        postgresql_where=sa.text("plan_id IS NOT NULL AND revoked IS NULL"),
    )
    op.create_index(
        "ix_grants_of_documents",
        "grants",
        ["document_id", "source"],
        sqlite_where=sa.text("document_id IS NOT NULL"),
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )

"""What authors say before their texts: subtitle, authors, collection and cover; what feeds know a document by."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Take the step; those of before are known to feeds by their address, which the next start writes down."""
    for table in ("public_editions", "full_editions"):
        op.add_column(table, sa.Column("subtitle", sa.Text(), nullable=False, server_default=""))
        op.add_column(table, sa.Column("authors", sa.JSON(), nullable=False, server_default="[]"))
        op.add_column(table, sa.Column("collection", sa.Text(), nullable=False, server_default=""))
        op.add_column(table, sa.Column("cover", sa.Text(), nullable=False, server_default=""))
        op.add_column(
            table, sa.Column("changed_at", sa.DateTime(), nullable=False, server_default="1970-01-01 00:00:00")
        )
        op.execute(f"UPDATE {table} SET changed_at = updated_at")  # noqa: S608 - ours
    op.add_column("documents", sa.Column("feed_id", sa.String(length=500), nullable=True))
    op.create_index("ix_documents_feed_id", "documents", ["feed_id"], unique=True)

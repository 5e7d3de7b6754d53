"""The indexes of search as PostgreSQL keeps them; SQLite has its own since step 0004. The first start fills them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Take the step."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "search_entries",
        sa.Column("document_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_search_entries")),
    )
    for table in ("search_titles", "search_public", "search_full"):
        op.create_table(
            table,
            sa.Column("document_id", sa.Integer(), nullable=False),
            sa.Column("words", TSVECTOR(), nullable=False),
        )
        op.create_index(f"ix_{table}_document_id", table, ["document_id"])
        op.create_index(f"ix_{table}_words", table, ["words"], postgresql_using="gin")

"""How documents are read is counted: by document, gate, kind, site and period, never by reader."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "document_reading_counts",
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("gate", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_reading_counts_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "period", "document_id", "kind", "gate", "site", name=op.f("pk_document_reading_counts")
        ),
    )
    op.create_index("ix_document_reading_counts_document", "document_reading_counts", ["document_id", "period"])
    op.create_index(
        "ix_document_reading_counts_ranked",
        "document_reading_counts",
        ["period", "kind", "count", "document_id"],
        sqlite_where=sa.text("gate = 0 AND site = ''"),
        postgresql_where=sa.text("gate = 0 AND site = ''"),
    )
    op.create_table(
        "library_reading_counts",
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("site", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("period", "kind", "site", name=op.f("pk_library_reading_counts")),
    )
    op.create_index("ix_library_reading_counts_ranked", "library_reading_counts", ["period", "kind", "count"])

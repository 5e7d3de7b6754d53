"""Addresses that documents once had, and which document has the bytes of a file."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "former_slugs",
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_former_slugs_document_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name="pk_former_slugs"),
    )
    op.create_index("ix_former_slugs_document_id", "former_slugs", ["document_id"])
    op.create_index("ix_documents_source_hash", "documents", ["source_hash"])

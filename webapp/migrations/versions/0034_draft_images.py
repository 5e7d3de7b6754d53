"""Pictures and attachments that are put into a document while it is written."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "draft_images",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_draft_images_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["hash"], ["images.hash"], name=op.f("fk_draft_images_hash")),
        sa.PrimaryKeyConstraint("document_id", "address", name=op.f("pk_draft_images")),
    )
    op.create_index(op.f("ix_draft_images_hash"), "draft_images", ["hash"])

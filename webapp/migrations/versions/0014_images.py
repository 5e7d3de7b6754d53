"""Pictures of texts: those that are kept, which source asks for which, and which edition shows which."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "images",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_images")),
    )
    op.create_table(
        "revision_images",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=2000), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["images.hash"], name=op.f("fk_revision_images_hash")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_revision_images_revision_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "address", name=op.f("pk_revision_images")),
    )
    op.create_index(op.f("ix_revision_images_hash"), "revision_images", ["hash"])
    for side in ("public", "full"):
        op.create_table(
            f"{side}_images",
            sa.Column("hash", sa.String(length=64), nullable=False),
            sa.Column("document_id", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["document_id"],
                [f"{side}_editions.document_id"],
                name=op.f(f"fk_{side}_images_document_id"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(["hash"], ["images.hash"], name=op.f(f"fk_{side}_images_hash")),
            sa.PrimaryKeyConstraint("hash", "document_id", name=op.f(f"pk_{side}_images")),
        )
        op.create_index(op.f(f"ix_{side}_images_document_id"), f"{side}_images", ["document_id"])

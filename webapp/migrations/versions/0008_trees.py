"""Editions keep the tree that files are written from; revisions say how they are read."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Take the step; editions of before have no tree, and version 0 has them rendered anew."""
    for table in ("public_editions", "full_editions"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("tree", sa.Text(), nullable=True))
            batch.add_column(sa.Column("renderer_version", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_full_editions_renderer_version", "full_editions", ["renderer_version"])
    words = sa.Enum("text", "markdown", name="sourceformat", native_enum=False, length=20)
    with op.batch_alter_table("revisions") as batch:
        batch.add_column(sa.Column("format", words, nullable=False, server_default="text"))
        batch.add_column(sa.Column("refused_by", sa.Integer(), nullable=False, server_default="0"))
    # A document kept the format of its latest revision alone; that of the others is the same unless somebody said so.
    op.execute(
        "UPDATE revisions SET format = (SELECT format FROM documents WHERE documents.id = revisions.document_id)"
    )
    with op.batch_alter_table("documents") as batch:
        batch.drop_column("format")

"""A reader's shelf: positions, bookmarks, highlights."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "bookmarks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("anchor", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_bookmarks_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_bookmarks_reader_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmarks")),
        sa.UniqueConstraint(
            "reader_id", "document_id", "anchor", name=op.f("uq_bookmarks_reader_id_document_id_anchor")
        ),
    )
    op.create_index(op.f("ix_bookmarks_document_id"), "bookmarks", ["document_id"])
    op.create_index(op.f("ix_bookmarks_latest"), "bookmarks", ["reader_id", "created_at", "id"])
    op.create_table(
        "highlights",
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("suffix", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_highlights_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.id"], name=op.f("fk_highlights_reader_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reader_id", "document_id", "number", name=op.f("pk_highlights")),
    )
    op.create_index(op.f("ix_highlights_document_id"), "highlights", ["document_id"])
    op.create_index(op.f("ix_highlights_page"), "highlights", ["reader_id", "document_id", "position", "number"])
    op.create_table(
        "reading_positions",
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("permille", sa.Integer(), nullable=False),
        sa.Column("passage", sa.String(length=32), nullable=False),
        sa.Column("anchor", sa.String(length=80), nullable=False),
        sa.Column("view", sa.String(length=36), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_reading_positions_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.id"], name=op.f("fk_reading_positions_reader_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reader_id", "document_id", name=op.f("pk_reading_positions")),
    )
    op.create_index(op.f("ix_reading_positions_document_id"), "reading_positions", ["document_id"])
    op.create_index(op.f("ix_reading_positions_history"), "reading_positions", ["reader_id", "read_at", "document_id"])

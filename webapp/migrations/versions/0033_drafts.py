"""Working copies of documents, which several people may edit, and when each document was last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_FORMAT = sa.Enum("text", "markdown", name="sourceformat", native_enum=False, length=20)
_STATE = sa.Enum("draft", "published", "withdrawn", name="state", native_enum=False, length=20)


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "drafts",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", _FORMAT, nullable=False),
        sa.Column("settled", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("version", "base")),
        sa.Column("is_changed", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("findings", "errors", "public_characters", "paid_characters")
        ),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
        *_of_document("drafts", "saved_by"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_changed", "drafts", ["is_changed", "document_id"])
    op.create_index("ix_drafts_findings", "drafts", ["findings", "document_id"])
    op.create_index("ix_drafts_saved_by", "drafts", ["saved_by"])
    op.create_table(
        "draft_conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", _FORMAT, nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
        *_of_document("draft_conflicts", "saved_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_conflicts")),
    )
    op.create_index("ix_draft_conflicts_document_id", "draft_conflicts", ["document_id"])
    op.create_index("ix_draft_conflicts_saved_by", "draft_conflicts", ["saved_by"])
    op.create_table(
        "draft_visits",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        *_of_document("draft_visits", "reader_id"),
        sa.PrimaryKeyConstraint("document_id", "reader_id", name=op.f("pk_draft_visits")),
    )
    op.create_index("ix_draft_visits_reader_id", "draft_visits", ["reader_id"])
    _add_last_changes()


def _add_last_changes() -> None:
    op.create_table(
        "last_changes",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("state", _STATE, nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        *_of_document("last_changes", "changed_by"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_last_changes")),
    )
    op.create_index("ix_last_changes_all", "last_changes", ["changed_at", "document_id"])
    op.create_index("ix_last_changes_state", "last_changes", ["state", "changed_at", "document_id"])
    op.create_index("ix_last_changes_changed_by", "last_changes", ["changed_by"])
    op.execute("""INSERT INTO last_changes (document_id, state, changed_at)
        SELECT id, state, coalesce(withdrawn_at,
            (SELECT max(created_at) FROM revisions WHERE document_id = documents.id), created_at)
        FROM documents WHERE revisions > 0""")


def _of_document(table: str, person: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f(f"fk_{table}_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint([person], ["readers.id"], name=op.f(f"fk_{table}_{person}")),
    )

"""Who made a revision and how much of it is paid; what is to happen to documents by itself; links to drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

_KIND = sa.Enum("publish", "withdraw", name="schedulekind", native_enum=False, length=20)
_STATE = sa.Enum(
    "waiting", "done", "needless", "failed", "cancelled", name="schedulestate", native_enum=False, length=20
)
_PROBLEM = sa.Enum(
    "finding", "opens-document", "later-published", "stumbled", name="scheduleproblem", native_enum=False, length=20
)
_SIDE = sa.Enum("visitor", "subscriber", name="draftside", native_enum=False, length=20)


def upgrade() -> None:
    """Take the step."""
    # With its reference in one step, for SQLite would else copy all texts.
    named = "CONSTRAINT fk_revisions_created_by REFERENCES readers (id)"
    op.execute(f"ALTER TABLE revisions ADD COLUMN created_by INTEGER {named}")
    op.add_column("revisions", sa.Column("characters", sa.Integer(), nullable=True))
    op.add_column("revisions", sa.Column("paid_characters", sa.Integer(), nullable=True))
    op.create_index("ix_revisions_created_by", "revisions", ["created_by"])
    op.create_table(
        "scheduled_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("may_open", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("state", _STATE, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("problem", _PROBLEM, nullable=True),
        sa.Column("finding", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        *_of_document("scheduled_acts"),
    )
    op.create_index("ix_scheduled_acts_due", "scheduled_acts", ["state", "due_at", "id"])
    op.create_index("ix_scheduled_acts_document_id", "scheduled_acts", ["document_id", "id"])
    op.create_index("ix_scheduled_acts_created_by", "scheduled_acts", ["created_by"])
    op.create_table(
        "shared_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("side", _SIDE, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        *_of_document("shared_drafts"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_shared_drafts_token_hash")),
    )
    op.create_index("ix_shared_drafts_document_id", "shared_drafts", ["document_id", "id"])
    op.create_index("ix_shared_drafts_created_by", "shared_drafts", ["created_by"])


def _of_document(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint, sa.PrimaryKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f(f"fk_{table}_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["readers.id"], name=op.f(f"fk_{table}_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )

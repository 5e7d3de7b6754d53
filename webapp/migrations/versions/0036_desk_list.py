"""What the desk's list of documents is cut by, and the order of publication over all states."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("last_changes") as batch_op:
        for name in ("has_findings", "is_ahead"):
            batch_op.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index("ix_last_changes_findings", ["has_findings", "changed_at", "document_id"])
        batch_op.create_index("ix_last_changes_ahead", ["is_ahead", "changed_at", "document_id"])
    with op.batch_alter_table("documents") as batch_op:
        batch_op.create_index("ix_documents_published", ["published_at", "id"])
    op.execute("""UPDATE last_changes SET is_ahead = true WHERE document_id IN (
        SELECT documents.id FROM documents JOIN public_editions ON public_editions.document_id = documents.id
        WHERE documents.state = 'published' AND public_editions.revision <> documents.revisions)""")

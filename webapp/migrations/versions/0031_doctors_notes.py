"""What the doctor asks about: where the last backup is, what the last audit found, which key, which host."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Take the step."""
    op.add_column("instance", sa.Column("backed_up_to", sa.Text(), nullable=True))
    op.add_column("instance", sa.Column("audited_at", sa.DateTime(), nullable=True))
    op.add_column("instance", sa.Column("audit_found", sa.Integer(), nullable=True))
    op.add_column("instance", sa.Column("key_mark", sa.String(length=32), nullable=True))
    op.add_column("heartbeats", sa.Column("host", sa.String(length=64), server_default="", nullable=False))

"""Accounts that are being closed, and those of which nothing of a person is left."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Take the step."""
    op.add_column("readers", sa.Column("closing_at", sa.DateTime(), nullable=True))
    op.add_column("readers", sa.Column("erased_at", sa.DateTime(), nullable=True))

"""Accounts know which terms and privacy were accepted, and when; of those of before it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Take the step."""
    op.add_column("readers", sa.Column("terms_version", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("readers", sa.Column("terms_accepted_at", sa.DateTime(), nullable=True))

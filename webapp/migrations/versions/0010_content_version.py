"""The version of what pages show says when it last grew: a restored database counts the same numbers once more."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Take the step."""
    op.add_column(
        "freshness", sa.Column("changed_at", sa.DateTime(), nullable=False, server_default="1970-01-01 00:00:00")
    )

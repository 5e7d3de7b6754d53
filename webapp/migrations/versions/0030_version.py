"""An installation knows which version of paidspan last opened it, for what is said to an older one."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Take the step."""
    op.add_column("instance", sa.Column("version", sa.String(length=32), nullable=True))

"""How readers want pages to look, kept with their account."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    op.add_column("readers", sa.Column("look", sa.String(length=60), nullable=False, server_default=""))

"""Devices say when they were last seen, and whether others have taken their place."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Take the step; a device of before was seen when it was signed in."""
    op.add_column("devices", sa.Column("last_seen_at", sa.DateTime(), nullable=True))
    op.add_column("devices", sa.Column("superseded_at", sa.DateTime(), nullable=True))
    devices = sa.table("devices", sa.column("last_seen_at"), sa.column("created_at"))
    op.execute(sa.update(devices).values(last_seen_at=devices.c.created_at))
    with op.batch_alter_table("devices") as batch:
        batch.alter_column("last_seen_at", existing_type=sa.DateTime(), nullable=False)

"""Mailed tokens name the address that they are about, where it is not the one of their account."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Take the step."""
    op.add_column("mailed_tokens", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("mailed_tokens", sa.Column("email_key", sa.String(length=300), nullable=True))
    op.create_index(op.f("ix_mailed_tokens_email_key"), "mailed_tokens", ["email_key"])

"""Accounts are found by one key for all writings of their address (webapp/accounts/email_addresses.py)."""

import logging

import sqlalchemy as sa
from alembic import op

from webapp.accounts.email_addresses import email_key

revision = "0018"
down_revision = "0017"

log = logging.getLogger(__name__)


def upgrade() -> None:
    """Take the step; addresses stay as they are, which until now was in small letters with ß as ss."""
    op.add_column("readers", sa.Column("email_key", sa.String(length=300), nullable=True))
    _fill_keys(op.get_bind())
    with op.batch_alter_table("readers") as batch:
        batch.alter_column("email_key", existing_type=sa.String(length=300), nullable=False)
        batch.create_unique_constraint("uq_readers_email_key", ["email_key"])


def _fill_keys(connection: sa.Connection) -> None:
    """Give each account its key; of two with the same the older has it, the other one that no address has."""
    readers = sa.table("readers", *map(sa.column, ("id", "email", "created_at", "email_key")))
    holders: dict[str, str] = {}
    oldest_first = sa.select(readers.c.id, readers.c.email).order_by(readers.c.created_at, readers.c.id)
    for reader_id, email in connection.execute(oldest_first).all():
        key = email_key(email)
        if key and key not in holders:
            holders[key] = email
        else:
            why = f"is another writing of {holders[key]}" if key else "is no e-mail address any more"
            log.warning("%s %s: this account cannot be signed in to", email, why)
            key = f"{key or email} {reader_id}"
        connection.execute(sa.update(readers).where(readers.c.id == reader_id).values(email_key=key))

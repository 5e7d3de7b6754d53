"""Search knows every pair of neighbouring characters: the indexes are emptied, and the first start fills them."""

from alembic import op

from webapp.search.fts5 import Fts5Indexes

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Take the step."""
    if op.get_bind().dialect.name == "sqlite":
        Fts5Indexes().empty(op.get_bind())

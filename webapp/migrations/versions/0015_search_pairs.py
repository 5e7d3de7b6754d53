"""Search knows every pair of neighbouring characters: the indexes are emptied, and the first start fills them."""

from alembic import op

from webapp.search import fts5

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Take the step."""
    fts5.empty_indexes(op.get_bind())

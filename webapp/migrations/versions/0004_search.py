"""The indexes of search. They are empty: the first start after this step fills them (search.index.fill)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Tokens come ready made, of letters and digits of any script: `ascii` parts them at the spaces and leaves them alone.
OPTIONS = "content='', tokenize='ascii'"


def upgrade() -> None:
    """Take the step."""
    if op.get_bind().dialect.name == "postgresql":
        return  # step 0026 makes them there, where no installation is older
    op.create_table(
        "search_entries",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_search_entries")),
    )
    op.execute(f"CREATE VIRTUAL TABLE search_titles USING fts5(title, tags, others, {OPTIONS})")
    op.execute(f"CREATE VIRTUAL TABLE search_public USING fts5(title, tags, body, others, {OPTIONS})")
    op.execute(f"CREATE VIRTUAL TABLE search_full USING fts5(title, tags, body, others, {OPTIONS})")

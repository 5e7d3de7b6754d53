"""How many long files wait, and how many could not be made, is counted again and again."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("export_jobs") as batch_op:
        batch_op.create_index("ix_export_jobs_stage", ["stage"])

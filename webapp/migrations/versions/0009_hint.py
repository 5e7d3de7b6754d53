"""What to do about a file that could not be made is a hint, as in every error."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("export_jobs") as batch:
        batch.alter_column("mend", new_column_name="hint")

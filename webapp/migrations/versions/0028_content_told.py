"""Processes are told when what everybody sees has changed, by PostgreSQL (LISTEN); SQLite's look at the file."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Take the step."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE FUNCTION tell_content_changed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN PERFORM pg_notify('content_changed', ''); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER content_changed AFTER UPDATE ON freshness "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_content_changed()"
    )

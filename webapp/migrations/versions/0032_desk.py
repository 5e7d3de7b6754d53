"""Somebody owns an installation, and what the people of the house do is logged, in rows that nobody changes."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Take the step; of an installation that is there already the oldest publisher is the owner."""
    op.execute("""UPDATE readers SET role = 'owner'
        WHERE id = (SELECT min(id) FROM readers WHERE role = 'publisher' AND disabled_at IS NULL)""")
    op.create_table(
        "activity_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=120), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_activity_log_reader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_log")),
    )
    op.create_index("ix_activity_log_at", "activity_log", ["at", "id"])
    op.create_index("ix_activity_log_reader_id_at", "activity_log", ["reader_id", "at", "id"])
    op.create_index("ix_activity_log_action_at", "activity_log", ["action", "at", "id"])
    op.create_index("ix_activity_log_subject", "activity_log", ["subject_kind", "subject_id", "at", "id"])
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'the activity log is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER activity_log_refuse_change BEFORE UPDATE OR DELETE ON activity_log "
            "FOR EACH ROW EXECUTE FUNCTION refuse_log_change()"
        )
        return
    for event in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER activity_log_refuse_{event} BEFORE {event} ON activity_log "
            "BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END"
        )

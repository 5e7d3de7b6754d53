"""What the desk's list of readers is found and filtered by, and the notes of the staff."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

_PRESENT = sa.text("erased_at IS NULL")
_MEMBERSHIPS = ("failing", "paid", "trial", "report", "complimentary", "ended", "nothing")


def upgrade() -> None:
    """Take the step; those who hold something are reckoned by the worker, as soon as it looks."""
    op.create_table(
        "staff_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.id"], name=op.f("fk_staff_notes_reader_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notes")),
    )
    op.create_index("ix_staff_notes_reader_id_created_at", "staff_notes", ["reader_id", "created_at"])
    on_postgres = op.get_bind().dialect.name == "postgresql"
    by_bytes = "C" if on_postgres else None
    for column in (
        sa.Column("name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("name_key", sa.String(length=400, collation=by_bytes), server_default="", nullable=False),
        sa.Column("membership", _words("membership", *_MEMBERSHIPS), server_default="nothing", nullable=False),
        sa.Column("membership_mode", _words("mode", "sandbox", "test", "live"), nullable=True),
        sa.Column("membership_changes_at", sa.DateTime(), nullable=True),
    ):
        op.add_column("readers", column)
    for name, columns in (
        ("ix_readers_listed", []),
        ("ix_readers_listed_by_membership", ["membership"]),
        ("ix_readers_listed_by_role", ["role"]),
    ):
        op.create_index(
            name, "readers", [*columns, "created_at", "id"], sqlite_where=_PRESENT, postgresql_where=_PRESENT
        )
    for name in ("membership_changes_at", "membership_mode", "name_key"):
        op.create_index(f"ix_readers_{name}", "readers", [name])
    if on_postgres:  # where a beginning is found by an index in the order of bytes alone; what is equal stays so
        op.execute('ALTER TABLE readers ALTER COLUMN email_key TYPE VARCHAR(300) COLLATE "C"')
    op.execute(
        "UPDATE readers SET membership_changes_at = '2020-01-01 00:00:00.000000' "
        "WHERE id IN (SELECT reader_id FROM grants)"
    )


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=20)

"""A PostgreSQL database as it was at one moment, by pg_dump, while others write."""

import subprocess
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _
from webapp.operations.backup.copied_database import DUMP, INSTANCE, PICTURES, STEP, CopiedDatabase
from webapp.operations.backup.postgres_programs import connection_arguments, find_postgres_program, server_major

_WAIT_FOR_LOCKS = 60_000  # milliseconds, while somebody brings the tables to another version


def dump_installation(engine: Engine, folder: Path) -> CopiedDatabase:
    """Dump the database of an installation into a folder, and say what it held at that moment."""
    # What is read beside writers that are SERIALIZABLE is a state of theirs only where it waits for a safe moment
    # (DEFERRABLE; PostgreSQL, 13.2.3).
    deferred = {"isolation_level": "SERIALIZABLE", "postgresql_readonly": True, "postgresql_deferrable": True}
    with engine.connect().execution_options(**deferred) as connection, connection.begin():
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")  # pg_dump takes as long as it takes
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        file = folder / DUMP
        _dump(connection, snapshot, file)
        tables = inspect(connection).get_table_names()
        (step,) = _read(connection, STEP)
        ids = _read(connection, INSTANCE) if "instance" in tables else []
        pictures = _read(connection, PICTURES) if "images" in tables else []
    return CopiedDatabase(DUMP, file, step, next(iter(ids), ""), tuple(pictures))


def _dump(connection: Connection, snapshot: str, file: Path) -> None:
    """Have pg_dump write what the transaction of this connection sees; the archive compresses it with all else."""
    program = find_postgres_program("pg_dump", server_major(connection))
    schema = str(connection.scalar(text("SELECT quote_ident(current_schema())")))
    reached, environment = connection_arguments(connection)
    options = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--no-comments", "--no-password"]
    chosen = [f"--schema={schema}", f"--snapshot={snapshot}", f"--lock-wait-timeout={_WAIT_FOR_LOCKS}"]
    command = [str(program), *options, *chosen, f"--file={file}", f"--dbname={reached}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - as found
    if done.returncode:
        raise ConflictError(_("The database cannot be backed up: %(error)s", error=done.stderr.strip()), "")


def _read(connection: Connection, question: str) -> list[str]:
    return list(connection.scalars(text(question)))

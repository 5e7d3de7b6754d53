"""A dump put back into an empty PostgreSQL database, in one transaction: all of it is there, or nothing."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.instance_identity import note_restored
from webapp.kit.migrate import changing_tables, upgrade_within
from webapp.kit.translatable import _
from webapp.operations.backup.copied_database import STEP
from webapp.operations.backup.damage import DamagedArchiveError, ForeignArchiveError
from webapp.operations.backup.postgres_programs import find_postgres_program, server_major

_TABLES = """SELECT 1 FROM pg_class one
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'S')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = one.oid AND deptype = 'e') LIMIT 1"""
_COPY = re.compile(rb"COPY .+ FROM stdin;\n")
_END_OF_ROWS = b"\\.\n"
_SEVENTEEN = 17
# What pg_restore of 17 and later says of any database, and servers of before do not know.
_NEW_IN_17 = b"SET transaction_timeout = 0;\n"


def restore_dump(database: Database, dump: Path, step: str, put_in_place: Callable[[], object]) -> None:
    """Put a dump into an empty database, bring it to this version, note that it was restored, and put files in place.

    Whatever goes wrong on the way, nothing is there: it is one transaction, which ends with this process. Raise
    ConflictError where there is something already, ForeignArchiveError where the dump is not of this step.
    """
    with _said_plainly(), changing_tables(database) as connection:
        _refuse_filled(connection)
        _fill(connection, dump)
        if _step(connection) != step:
            raise ForeignArchiveError
        upgrade_within(connection)
        with Session(connection) as session:
            note_restored(session, base_url="")
            session.flush()
        put_in_place()


def _refuse_filled(connection: Connection) -> None:
    """Raise ConflictError where a database holds a table of anybody's."""
    if connection.scalar(text(_TABLES)) is not None:
        raise ConflictError(
            _("There is something in the database that PAIDSPAN_DATABASE_URL names."), _("Name an empty one.")
        )


def _fill(connection: Connection, dump: Path) -> None:
    with _script_of(dump, str(connection.scalar(text("SELECT current_schema()")))) as script:
        _run_script(connection, script)
    connection.exec_driver_sql("RESET ALL")  # what the script set for itself


@contextmanager
def _script_of(dump: Path, schema: str) -> Iterator[IO[bytes]]:
    """Have pg_restore write what a dump holds of a schema as SQL; raise ConflictError where it cannot."""
    options = ["--no-owner", "--no-privileges", "--no-comments", f"--schema={schema}", "--file=-"]
    command = [str(find_postgres_program("pg_restore")), *options, str(dump)]
    with TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as running:  # noqa: S603 - as found
            assert running.stdout is not None  # it is a pipe
            try:
                yield running.stdout
            except BaseException:
                running.kill()
                raise
        if running.returncode:
            said.seek(0)
            error = said.read().decode(errors="replace").strip()
            hint = _("If the backup was made by a later pg_dump, install that version's pg_restore.")
            raise ConflictError(_("The dump in the backup cannot be read: %(error)s", error=error), hint)


def _run_script(connection: Connection, script: IO[bytes]) -> None:
    """Run what pg_restore wrote: statements, and rows between COPY and a line with a dot."""
    driver: Any = connection.connection.driver_connection
    left_out = _NEW_IN_17 if server_major(connection) < _SEVENTEEN else b""
    statements = bytearray()
    with driver.cursor() as cursor:
        for line in script:
            if _COPY.fullmatch(line):
                cursor.execute(bytes(statements))
                statements.clear()
                with cursor.copy(line.rstrip(b";\n")) as rows:
                    for row in iter(script.readline, _END_OF_ROWS):
                        if not row:
                            raise DamagedArchiveError
                        rows.write(row)
            elif line != left_out and not line.startswith(b"\\"):  # which is said to psql
                statements += line
        cursor.execute(bytes(statements))


def _step(connection: Connection) -> str | None:
    """Return the step that a database was brought to; None where it is not one of ours."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return cast("str | None", connection.scalar(text(STEP)))


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Raise ConflictError where PostgreSQL cannot do something."""
    import psycopg  # noqa: PLC0415 - an extra of this package

    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        reason = str(getattr(error, "orig", error)).strip()
        raise ConflictError(_("The database cannot be restored: %(error)s", error=reason), "") from error

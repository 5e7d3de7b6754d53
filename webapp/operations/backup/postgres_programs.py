"""PostgreSQL's own programs, which read and write its dumps: found on this machine, of the version that is needed."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, text

from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _

_DEBIANS = Path("/usr/lib/postgresql")  # where each version has a folder of its own


class MissingProgramError(ConflictError):
    """A program of PostgreSQL's is not on this machine, or too old."""

    hint = _("Install the client programs of that version; on Debian: apt install postgresql-client")


def find_postgres_program(name: str, least: int = 0) -> Path:
    """Return the oldest program of this name that will do, or the newest where any does (`least` is 0).

    Raise MissingProgramError: it reads no server, and no dump, of a later major version.
    """
    found = {_major(path): path for path in _installed(name)}
    if not found:
        raise MissingProgramError(_("%(program)s is not on this machine.", program=name))
    if not least:
        return found[max(found)]
    enough = [major for major in found if major >= least]
    if not enough:
        said = {"program": name, "present": max(found), "needed": least}
        raise MissingProgramError(_("%(program)s is of version %(present)s, the server of %(needed)s.", **said))
    return found[min(enough)]


def server_major(connection: Connection) -> int:
    """Return the major version of a server."""
    return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


def connection_arguments(connection: Connection) -> tuple[str, Mapping[str, str]]:
    """Return how a program reaches the same database: what it is told, and the environment with the password.

    The list of all processes, which everybody on a machine can see, shows the first and not the second.
    """
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - an extra of this package

    arguments = connection.dialect.create_connect_args(connection.engine.url)[1]
    named = {name: value for name, value in arguments.items() if isinstance(value, str | int)}
    password = named.pop("password", None)
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    return make_conninfo("", **named), {**os.environ, **secret}


def _installed(name: str) -> list[Path]:
    """Return where a program is, the one that a shell would find last, so that of two alike it is taken."""
    first = shutil.which(name)
    return [*sorted(_DEBIANS.glob(f"*/bin/{name}")), *([Path(first)] if first else [])]


def _major(program: Path) -> int:
    """Return the major version of a program, 15 of "pg_dump (PostgreSQL) 15.8 (Debian …)"; 0 where it says none."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else 0

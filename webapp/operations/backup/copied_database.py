"""A database as it was at one moment, in a file that goes into a backup; SQLite's is copied while others write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _

DATABASE, SANDBOX, DUMP = "paidspan.sqlite", "sandbox.sqlite", "paidspan.dump"
PICTURES = "SELECT 'uploads/' || substr(hash, 1, 2) || '/' || hash || '.' || kind FROM images"
STEP, INSTANCE = "SELECT version_num FROM alembic_version", "SELECT instance_id FROM instance"
_PATIENCE = 15  # seconds for another process that holds all of the file


@dataclass(frozen=True, slots=True)
class CopiedDatabase:
    """A copy, and what it says: the step it was brought to, whose it is, the files of its pictures.

    `name` is the copy's in an archive, and tells of which kind the database is.
    """

    name: str
    file: Path
    step: str
    instance_id: str
    pictures: tuple[str, ...]


def copy_installation(source: Path, folder: Path) -> CopiedDatabase:
    """Copy the SQLite database of an installation into a folder; one of an earlier version as it is."""
    copy = folder / DATABASE
    copy_sqlite(source, copy)
    tables = _read(copy, "SELECT name FROM sqlite_master WHERE type = 'table'")
    (step,) = _read(copy, STEP)
    ids = _read(copy, INSTANCE) if "instance" in tables else []
    pictures = _read(copy, PICTURES) if "images" in tables else []
    return CopiedDatabase(DATABASE, copy, step, next(iter(ids), ""), tuple(pictures))


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment, what stands in its log included, while others write."""
    address = f"file:{quote(str(source.resolve()))}?mode=ro"
    with (
        _said_plainly(source),
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)) as live,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file


@contextmanager
def _said_plainly(source: Path) -> Iterator[None]:
    """Raise ConflictError where SQLite cannot read a database."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConflictError(_("%(path)s cannot be backed up: %(error)s.", path=source, error=error), "") from error


def _read(database: Path, question: str) -> list[str]:
    """Return the first column of what a copied database says."""
    with _said_plainly(database), closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute(question)]

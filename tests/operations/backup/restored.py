"""What tests of backups look at."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from webapp.kit.database import Database

PASSPHRASE = b"a passphrase of some words"


@dataclass(frozen=True)
class Restored:
    """An installation that was put back."""

    place: Path
    database: Database

    def rows(self, question: str) -> list[tuple[object, ...]]:
        """Return what the database says."""
        with self.database.read_engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(question)]


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(path, question):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()

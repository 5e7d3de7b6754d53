"""How old what is remembered may be: asked of the database at each request, through its driver."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from webapp.kit.content_version import Version

_CONTENT = "SELECT version, changed_at FROM freshness WHERE id = 1"
# What a reader kept of a document, too: a page that shows it is theirs alone.
_READER = """
SELECT version, changed_at,
    (SELECT version FROM reader_versions WHERE reader_id = :reader),
    (SELECT permille FROM reading_positions WHERE reader_id = :reader AND document_id = :document),
    EXISTS (SELECT 1 FROM bookmarks WHERE reader_id = :reader AND document_id = :document)
    OR EXISTS (SELECT 1 FROM highlights WHERE reader_id = :reader AND document_id = :document)
FROM freshness WHERE id = 1
"""


@dataclass(frozen=True, slots=True)
class ReaderState:
    """How things stand at this moment for a reader and a document: both versions, and what they kept of it."""

    content: Version
    reader: int | None
    permille: int | None
    kept_something: bool


class Versions:
    """Asks a SQLite database, from one thread. It sees what is committed, and never waits for a writer (WAL)."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        self._connection.execute("PRAGMA query_only = ON")
        self._written: tuple[int, str] | None = None
        self._content: Version = (0, datetime.min.replace(tzinfo=UTC))

    def of_content(self) -> Version:
        """Return the version of what everybody sees; raise sqlite3.Error where it cannot be asked."""
        return self._version(self._connection.execute(_CONTENT).fetchone())

    def of_reader(self, reader_id: int, document_id: int) -> ReaderState:
        """Return how things stand for a reader and a document; raise sqlite3.Error where it cannot be asked."""
        given = {"reader": reader_id, "document": document_id}
        version, changed_at, reader, permille, kept = self._connection.execute(_READER, given).fetchone()
        return ReaderState(self._version((version, changed_at)), reader, permille, bool(kept))

    def _version(self, written: tuple[int, str]) -> Version:
        """Return a version as the rest of the house has it; the moment is read anew when it is another."""
        if written != self._written:
            self._content = (written[0], datetime.fromisoformat(written[1]).replace(tzinfo=UTC))
            self._written = written
        return self._content

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

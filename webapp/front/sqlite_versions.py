"""How old what is remembered may be, as SQLite says: asked through its driver, after each commit."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from typing_extensions import override

from webapp.front.commit_watch import CommitWatch
from webapp.front.versions import ReaderState, Versions
from webapp.kit.content_version import Version
from webapp.library.reading_positions import is_unfinished

_MOST_READERS, _MOST_KEPT = 5_000, 200  # whose state is known at a time; documents that one of them kept something of
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
_KEPT = """
SELECT document_id, permille FROM reading_positions WHERE reader_id = :reader
UNION ALL SELECT document_id, NULL FROM bookmarks WHERE reader_id = :reader
UNION ALL SELECT document_id, NULL FROM highlights WHERE reader_id = :reader LIMIT :most
"""


@dataclass(slots=True)
class _Reader:
    """What is known of a reader: their version and, once it was asked, the documents of which they kept something."""

    version: int | None
    asked: bool = False
    kept: frozenset[int] | None = None  # None where there are too many to tell


class SqliteVersions(Versions):
    """Asks a SQLite database, from one thread; what it said is known until the next commit.

    It sees what is committed, and never waits for a writer (WAL).
    """

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        self._connection.execute("PRAGMA query_only = ON")
        self._ask = self._connection.cursor().execute  # all rows are fetched: else it would go on seeing what is old
        self._watch = CommitWatch(path, self._connection)
        self._mark: bytes | int | None = None
        self._content: Version | None = None  # as it is since then, like what follows
        self._readers: dict[int, _Reader] = {}

    @override
    def of_content(self) -> Version:
        """Return the version of what everybody sees; raise sqlite3.Error where it cannot be asked."""
        if not self._nothing_committed() or self._content is None:
            (row,) = self._ask(_CONTENT).fetchall()
            self._content = _version(*row)
        return self._content

    @override
    async def ask(self, reader_id: int, document_id: int) -> ReaderState:
        """Return what `of_reader` does: a file is asked at once."""
        return self.of_reader(reader_id, document_id)

    def of_reader(self, reader_id: int, document_id: int) -> ReaderState:
        """Return how things stand for a reader and a document; raise sqlite3.Error where it cannot be asked.

        Who comes again before the next commit is asked about as a whole: most come once, and others read on.
        """
        known = self._readers.get(reader_id) if self._nothing_committed() else None
        if known is not None and self._content is not None:
            if not known.asked:
                known.asked, known.kept = True, self._all_kept(reader_id)
            if known.kept is not None and self._nothing_committed():
                return ReaderState(self._content, known.version, document_id in known.kept)
        given = {"reader": reader_id, "document": document_id}
        ((version, changed_at, reader, permille, kept),) = self._ask(_READER, given).fetchall()
        self._content = _version(version, changed_at)
        if len(self._readers) >= _MOST_READERS:
            self._readers.clear()
        self._readers.setdefault(reader_id, _Reader(reader))
        return ReaderState(self._content, reader, bool(kept) or is_unfinished(permille or 0))

    def _all_kept(self, reader_id: int) -> frozenset[int] | None:
        """Return the documents of which a reader kept something; None where there are too many."""
        rows = self._ask(_KEPT, {"reader": reader_id, "most": _MOST_KEPT + 1}).fetchall()
        kept = (id_ for id_, permille in rows if permille is None or is_unfinished(permille))
        return frozenset(kept) if len(rows) <= _MOST_KEPT else None

    def _nothing_committed(self) -> bool:
        """Return whether what was asked before still holds; else forget it.

        The mark is read before the database is asked: what it says then is of that moment or a later one.
        """
        mark = self._watch.mark()
        if mark == self._mark:
            return True
        self._mark, self._content = mark, None
        self._readers.clear()
        return False

    @override
    async def close(self) -> None:
        self._watch.close()
        self._connection.close()


@lru_cache(maxsize=16)
def _version(number: int, changed_at: str) -> Version:
    """Return a version as the rest of the house has it."""
    return number, datetime.fromisoformat(changed_at).replace(tzinfo=UTC)

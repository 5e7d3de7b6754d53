"""The indexes as SQLite keeps them (FTS5, contentless): what to ask of them, and how to take something out again.

A contentless index forgets what it was given, and must be told it once more to take it out: `search_entries` keeps
that, packed. Only this module names these tables on SQLite.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import Connection, text
from typing_extensions import override

from webapp.search.index_interface import COLUMNS, TABLES, Asked, IndexEntry, SearchIndexes
from webapp.search.tokenizer import Phrase

_WEIGHTS = {"search_titles": "2.0, 1.0, 1.0", "search_public": "8.0, 4.0, 1.0, 1.0"}


@dataclass(frozen=True, slots=True)
class PackedText:
    """An entry with what is kept of it to take it out again."""

    entry: IndexEntry
    kept: bytes


class Fts5Indexes(SearchIndexes):
    """The indexes of a SQLite database."""

    @override
    def prepare(self, entry: IndexEntry) -> PackedText:
        return PackedText(entry, zlib.compress(json.dumps(astuple(entry), ensure_ascii=False).encode(), 1))

    @override
    def remove(self, connection: Connection, document_id: int) -> None:
        query = "SELECT packed FROM search_entries WHERE document_id = ?"
        row = connection.exec_driver_sql(query, (document_id,)).first()
        if row is None:
            return
        for table, columns in IndexEntry(*json.loads(zlib.decompress(row[0]))).rows().items():
            names, marks = ", ".join(COLUMNS[table]), ", ".join("?" * len(columns))
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({table}, rowid, {names}) VALUES ('delete', ?, {marks})",  # noqa: S608 - our own names
                (document_id, *columns),
            )
        connection.exec_driver_sql("DELETE FROM search_entries WHERE document_id = ?", (document_id,))

    @override
    def put(self, connection: Connection, entries: Mapping[int, PackedText]) -> None:
        rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in TABLES}
        for document_id, one in entries.items():
            for table, columns in one.entry.rows().items():
                rows[table].append((document_id, *columns))
        for table, given in rows.items():
            if given:
                names, marks = ", ".join(COLUMNS[table]), ", ".join("?" * (len(COLUMNS[table]) + 1))
                connection.exec_driver_sql(f"INSERT INTO {table} (rowid, {names}) VALUES ({marks})", given)  # noqa: S608
        kept = [(document_id, one.kept) for document_id, one in entries.items()]
        connection.exec_driver_sql("INSERT INTO search_entries (document_id, packed) VALUES (?, ?)", kept)

    @override
    def empty(self, connection: Connection) -> None:
        for table in TABLES:
            connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608 - as above
        connection.exec_driver_sql("DELETE FROM search_entries")

    @override
    def newest(self, connection: Connection, table: str, asked: Asked, limit: int) -> list[int]:
        where, given = _condition(table, asked)
        query = f"SELECT rowid FROM {table} WHERE {where} ORDER BY rowid DESC LIMIT :limit"  # noqa: S608 - as above
        return [row[0] for row in connection.execute(text(query), given | {"limit": limit})]

    @override
    def best(self, connection: Connection, table: str, asked: Asked) -> list[int]:
        where, given = _condition(table, asked)
        score = f"bm25({table}, {_WEIGHTS[table]})"
        query = f"SELECT rowid FROM {table} WHERE {where} ORDER BY {score}, rowid DESC"  # noqa: S608 - as above
        return [row[0] for row in connection.execute(text(query), given)]


def _condition(table: str, asked: Asked) -> tuple[str, dict[str, Any]]:
    where, given = f"{table} MATCH :match", {"match": " AND ".join(map(_quoted, asked.phrases))}
    # The + keeps FTS5 from taking the documents one by one and asking anew for each: thousands of searches for one.
    if asked.tag is not None:
        where += " AND +rowid IN (SELECT document_id FROM document_tags WHERE tag = :tag)"
        given["tag"] = asked.tag
    if asked.among is not None:
        where += " AND +rowid IN (SELECT value FROM json_each(:among))"
        given["among"] = json.dumps(sorted(asked.among))
    return where, given


def _quoted(phrase: Phrase) -> str:
    """Return a phrase in FTS5's language: tokens hold letters and digits only, and stand in quotes."""
    quoted = f'"{" ".join(phrase.tokens)}"' + (" *" if phrase.open_end else "")
    if len(phrase.tokens) > 1:
        quoted = f"(-others : {quoted})"  # what stands side by side there does so by the alphabet
    if not phrase.pairs:
        return quoted
    pairs = " AND ".join(f'"{pair}"' for pair in phrase.pairs)
    return f"({quoted} OR ({pairs}))"

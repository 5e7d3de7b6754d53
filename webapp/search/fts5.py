"""The indexes as SQLite keeps them (FTS5, contentless): what to ask of them, and how to take something out again.

A contentless index forgets what it was given, and must be told it once more to take it out: `search_entries` keeps
that, packed. Only this module names these tables.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import Connection, text

from webapp.search.tokenizer import Phrase

COLUMNS = {
    "search_titles": ("title", "tags", "others"),
    "search_public": ("title", "tags", "body", "others"),
    "search_full": ("title", "tags", "body", "others"),
}
TABLES = tuple(COLUMNS)
_WEIGHTS = {"search_titles": "2.0, 1.0, 1.0", "search_public": "8.0, 4.0, 1.0, 1.0"}


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """The tokens of one document: words in order of title, tags, public text and all of it, and what else finds it.

    `full` and `full_others` are None where all is public.
    """

    title: str
    tags: str
    label_others: str
    public: str
    public_others: str
    full: str | None
    full_others: str | None


def remove_entry(connection: Connection, document_id: int) -> None:
    """Take a document out of all indexes, if it is there."""
    row = connection.exec_driver_sql("SELECT packed FROM search_entries WHERE document_id = ?", (document_id,)).first()
    if row is None:
        return
    for table, columns in _rows(IndexEntry(*json.loads(zlib.decompress(row[0])))):
        names, marks = ", ".join(COLUMNS[table]), ", ".join("?" * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({table}, rowid, {names}) VALUES ('delete', ?, {marks})",  # noqa: S608 - our own names
            (document_id, *columns),
        )
    connection.exec_driver_sql("DELETE FROM search_entries WHERE document_id = ?", (document_id,))


@dataclass(frozen=True, slots=True)
class PackedText:
    """An entry with what is kept of it to take it out again."""

    entry: IndexEntry
    kept: bytes


def pack_text(entry: IndexEntry) -> PackedText:
    """Return an entry ready to be put in."""
    return PackedText(entry, zlib.compress(json.dumps(astuple(entry), ensure_ascii=False).encode(), 1))


def put_entry(connection: Connection, entries: dict[int, PackedText]) -> None:
    """Put documents into the indexes; they must not be there."""
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in TABLES}
    for document_id, one in entries.items():
        for table, columns in _rows(one.entry):
            rows[table].append((document_id, *columns))
    for table, given in rows.items():
        if given:
            names, marks = ", ".join(COLUMNS[table]), ", ".join("?" * (len(COLUMNS[table]) + 1))
            connection.exec_driver_sql(f"INSERT INTO {table} (rowid, {names}) VALUES ({marks})", given)  # noqa: S608
    kept = [(document_id, one.kept) for document_id, one in entries.items()]
    connection.exec_driver_sql("INSERT INTO search_entries (document_id, packed) VALUES (?, ?)", kept)


def empty_indexes(connection: Connection) -> None:
    """Empty all indexes."""
    for table in TABLES:
        connection.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608 - as above
    connection.exec_driver_sql("DELETE FROM search_entries")


def _rows(entry: IndexEntry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return what stands in each table, in the order of its columns."""
    yield "search_titles", (entry.title, entry.tags, entry.label_others)
    public = f"{entry.label_others} {entry.public_others}"
    yield "search_public", (entry.title, entry.tags, entry.public, public)
    if entry.full is not None:
        yield "search_full", (entry.title, entry.tags, entry.full, f"{entry.label_others} {entry.full_others}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for, and among which documents: all, those of a tag, or these."""

    phrases: tuple[Phrase, ...]
    tag: str | None = None
    among: frozenset[int] | None = None


def newest(connection: Connection, table: str, asked: Asked, limit: int) -> list[int]:
    """Return up to so many documents in which all phrases stand, the newest first; more of them cost no more."""
    where, given = _condition(table, asked)
    query = f"SELECT rowid FROM {table} WHERE {where} ORDER BY rowid DESC LIMIT :limit"  # noqa: S608 - as above
    return [row[0] for row in connection.execute(text(query), given | {"limit": limit})]


def best(connection: Connection, table: str, asked: Asked) -> list[int]:
    """Return the documents in which all phrases stand, the best (BM25) first, the newest of equals."""
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

"""The indexes as PostgreSQL keeps them: the same tokens, in vectors of words with their places (tsvector, GIN).

A vector holds less than 1 MB, places below 16,384 and 256 of them for a word (its documentation, 12.11), so that a long
text is in several, which overlap by the longest phrase that can be asked for. Only this module names these tables on
PostgreSQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, text
from typing_extensions import override

from webapp.search.index_interface import COLUMNS, TABLES, Asked, IndexEntry, SearchIndexes
from webapp.search.tokenizer import LONGEST_QUERY, Phrase

_WEIGHT_OF = {"title": "A", "tags": "B", "body": "C", "others": "D"}
_IN_ORDER = "ABC"  # what stands side by side among the others does so by the alphabet
_RANKS = {"search_titles": "{0.5, 0.5, 0.5, 1.0}", "search_public": "{0.125, 0.125, 0.5, 1.0}"}  # of D, C, B, A
_OVERLAP = LONGEST_QUERY  # tokens; a phrase has no more of them than a query has characters
_LAST_PLACE, _OF_OTHERS = 16_000, 16_383
_MOST_PLACES = 255  # of one word
_MOST_BYTES = 600_000
_LONGEST_WORD = 500  # characters of a word that are kept as they are


@dataclass(frozen=True, slots=True)
class Vectors:
    """An entry as vectors, in PostgreSQL's writing, by table."""

    by_table: Mapping[str, tuple[str, ...]]


class TsvectorIndexes(SearchIndexes):
    """The indexes of a PostgreSQL database."""

    @override
    def prepare(self, entry: IndexEntry) -> Vectors:
        return Vectors(
            {table: tuple(_vectors(zip(COLUMNS[table], row, strict=True))) for table, row in entry.rows().items()}
        )

    @override
    def remove(self, connection: Connection, document_id: int) -> None:
        for table in (*TABLES, "search_entries"):
            query = f"DELETE FROM {table} WHERE document_id = :document"  # noqa: S608 - our own names
            connection.execute(text(query), {"document": document_id})

    @override
    def put(self, connection: Connection, entries: Mapping[int, Vectors]) -> None:
        for table in TABLES:
            rows = [
                {"document": document_id, "words": words}
                for document_id, one in entries.items()
                for words in one.by_table.get(table, ())
            ]
            if rows:
                query = f"INSERT INTO {table} (document_id, words) VALUES (:document, CAST(:words AS tsvector))"  # noqa: S608
                connection.execute(text(query), rows)
        kept = [{"document": document_id} for document_id in entries]
        connection.execute(text("INSERT INTO search_entries (document_id) VALUES (:document)"), kept)

    @override
    def empty(self, connection: Connection) -> None:
        for table in (*TABLES, "search_entries"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - as above

    @override
    def newest(self, connection: Connection, table: str, asked: Asked, limit: int) -> list[int]:
        where, given = _condition(table, asked)
        query = f"SELECT DISTINCT document_id FROM {table} WHERE {where} ORDER BY document_id DESC LIMIT :limit"  # noqa: S608
        return [row[0] for row in connection.execute(text(query), given | {"limit": limit})]

    @override
    def best(self, connection: Connection, table: str, asked: Asked) -> list[int]:
        # By PostgreSQL's own rank and not by BM25: to count what that needs of all texts takes longer than to search.
        where, given = _condition(table, asked)
        given["any"] = " | ".join(f"({one})" for phrase in asked.phrases for one in _queries(phrase))
        rank = f"sum(ts_rank('{_RANKS[table]}', words, CAST(:any AS tsquery), 1))"
        query = f"""SELECT document_id FROM {table} WHERE {where} AND words @@ CAST(:any AS tsquery)
            GROUP BY document_id ORDER BY {rank} DESC, document_id DESC"""  # noqa: S608 - as above
        return [row[0] for row in connection.execute(text(query), given)]


def _condition(table: str, asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return what is asked as a condition on the documents of a table."""
    given: dict[str, Any] = {}

    def holds(query: str) -> str:
        name = f"query{len(given)}"
        given[name] = query
        return f"words @@ CAST(:{name} AS tsquery)"

    def within(query: str) -> str:
        return f"document_id IN (SELECT document_id FROM {table} WHERE {holds(query)})"  # noqa: S608 - as above

    first, *others = asked.phrases
    alone = not others and not first.pairs
    conditions = [holds(_query(first))] if alone else []
    for phrase in () if alone else asked.phrases:
        pairs = " AND ".join(within(_word(pair)) for pair in phrase.pairs)
        conditions.append(f"({within(_query(phrase))} OR ({pairs}))" if pairs else within(_query(phrase)))
    if asked.tag is not None:
        conditions.append("document_id IN (SELECT document_id FROM document_tags WHERE tag = :tag)")
        given["tag"] = asked.tag
    if asked.among is not None:
        conditions.append("document_id = ANY (CAST(:among AS integer[]))")
        given["among"] = sorted(asked.among)
    return " AND ".join(conditions), given


def _queries(phrase: Phrase) -> Iterator[str]:
    yield _query(phrase)
    yield from map(_word, phrase.pairs)


def _query(phrase: Phrase) -> str:
    """Return a phrase in the language of tsquery (PostgreSQL, 8.11.2)."""
    *before, last = phrase.tokens
    star, weights = "*" if phrase.open_end else "", _IN_ORDER if before else ""
    ends = f":{star}{weights}" if star or weights else ""
    return " <-> ".join([*(f"{_word(word)}:{_IN_ORDER}" for word in before), f"{_word(last)}{ends}"])


def _word(word: str) -> str:
    """Return a word as it is written in a vector or a query."""
    kept = word if len(word) <= _LONGEST_WORD else word[:_LONGEST_WORD] + sha256(word.encode()).hexdigest()
    return "'" + kept.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(slots=True)
class _Vector:
    """A vector that is being filled."""

    places: dict[str, list[str]] = field(default_factory=dict)
    size: int = 0
    place: int = 0

    def take(self, words: Sequence[str], weight: str) -> int:
        """Add words as far as there is room; return how many were added. Millions come by here when all is indexed."""
        places, place, size = self.places, self.place, self.size
        in_order, taken = weight in _IN_ORDER, 0
        where = f"{_OF_OTHERS}{weight}"
        for word in words:
            known = places.get(word)
            if place >= _LAST_PLACE or size >= _MOST_BYTES or (known is not None and len(known) >= _MOST_PLACES):
                break
            if known is None:
                known = places[word] = []
                size += 12 + 4 * min(len(word), _LONGEST_WORD)
            if in_order:
                place += 1
                where = f"{place}{weight}"
            known.append(where)
            size += 4
            taken += 1
        self.place, self.size = place, size
        return taken

    def written(self) -> str:
        return " ".join(f"{_word(word)}:{','.join(places)}" for word, places in self.places.items())


def _vectors(columns: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield the vectors of a row; each word of a column is in one with the words around it."""
    vector = _Vector()
    for name, tokens in columns:
        words, weight = tokens.split(), _WEIGHT_OF[name]
        vector.place += 2  # so that nothing stands side by side across columns
        while (taken := vector.take(words, weight)) < len(words):
            yield vector.written()
            vector = _Vector()
            words = words[max(0, taken - _OVERLAP) if weight in _IN_ORDER else taken :]
    if vector.places:
        yield vector.written()

"""Which documents a query finds for this reader, and in which order.

Rank is a matter of the public side alone: titles first, then the public text by BM25. What is found only in a full text
that this reader may read comes after, the newest first; it adds a document to the list and nothing to any score, for
statistics over texts that one may not read would tell of them.
"""

from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from webapp.access.policy import UnlockedDocuments
from webapp.search.index_interface import Asked
from webapp.search.indexes import indexes_of
from webapp.search.tokenizer import Query

# Beyond so many the order by score tells nothing (the words stand nearly everywhere), and its cost would grow with the
# library: then the newest come first, and the number is not counted any further.
MAX_HITS = 1000


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document that was found; `in_full` when only its full text holds what was asked for."""

    document_id: int
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class SearchHits:
    """All hits in order, MOST of them at most; `more` when there are others beyond."""

    hits: tuple[SearchHit, ...] = ()
    more: bool = False


def find_documents(session: Session, query: Query, reach: UnlockedDocuments, tag: str | None = None) -> SearchHits:
    """Return what a query finds for a reader of this reach, among the documents of a tag where one is given."""
    if not query:
        return SearchHits()
    connection = session.connection()
    asked = Asked(query.phrases, tag)
    titles, more = _ranked(connection, "search_titles", asked)
    if query.in_titles_only:
        return SearchHits(tuple(map(SearchHit, titles)), more)
    bodies, more = _ranked(connection, "search_public", asked)
    public = list(dict.fromkeys([*titles, *bodies]))[:MAX_HITS]
    if more or not reach:
        return SearchHits(tuple(map(SearchHit, public)), more)
    return _with_full(connection, asked, public, reach)


def _ranked(connection: Connection, table: str, asked: Asked) -> tuple[list[int], bool]:
    """Return up to MOST documents, and whether there are more."""
    indexes = indexes_of(connection)
    newest = indexes.newest(connection, table, asked, MAX_HITS + 1)
    if len(newest) > MAX_HITS:
        return newest[:MAX_HITS], True
    return (indexes.best(connection, table, asked) if newest else []), False


def _with_full(connection: Connection, asked: Asked, public: list[int], reach: UnlockedDocuments) -> SearchHits:
    """Add what only the full texts hold, of the documents that the reach allows."""
    among = None if reach.everything else reach.documents
    within = Asked(asked.phrases, asked.tag, among)
    known = set(public)
    found = indexes_of(connection).newest(connection, "search_full", within, MAX_HITS + 1 + len(known))
    only_full = [document_id for document_id in found if document_id not in known]
    hits = [*map(SearchHit, public), *(SearchHit(document_id, in_full=True) for document_id in only_full)]
    return SearchHits(tuple(hits[:MAX_HITS]), len(hits) > MAX_HITS)

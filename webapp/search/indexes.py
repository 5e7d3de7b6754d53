"""Which indexes a database keeps."""

from sqlalchemy import Connection

from webapp.search.fts5 import Fts5Indexes
from webapp.search.index_interface import SearchIndexes
from webapp.search.tsvector import TsvectorIndexes

_KINDS: dict[str, SearchIndexes] = {"sqlite": Fts5Indexes(), "postgresql": TsvectorIndexes()}


def indexes_of(connection: Connection) -> SearchIndexes:
    """Return the indexes of the database that a connection leads to."""
    return _KINDS[connection.dialect.name]

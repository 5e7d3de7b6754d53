"""What the indexes are given and asked, whichever database keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from webapp.search.tokenizer import Phrase

COLUMNS = {
    "search_titles": ("title", "tags", "others"),
    "search_public": ("title", "tags", "body", "others"),
    "search_full": ("title", "tags", "body", "others"),
}
TABLES = tuple(COLUMNS)


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

    def rows(self) -> dict[str, tuple[str, ...]]:
        """Return what stands in each table, in the order of its columns."""
        public = f"{self.label_others} {self.public_others}"
        made = {
            "search_titles": (self.title, self.tags, self.label_others),
            "search_public": (self.title, self.tags, self.public, public),
        }
        if self.full is not None:
            made["search_full"] = (self.title, self.tags, self.full, f"{self.label_others} {self.full_others}")
        return made


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for, and among which documents: all, those of a tag, or these."""

    phrases: tuple[Phrase, ...]
    tag: str | None = None
    among: frozenset[int] | None = None


class SearchIndexes(Protocol):
    """The indexes of one kind of database."""

    def prepare(self, entry: IndexEntry) -> Any:  # noqa: ANN401 - what `put` of the same kind takes
        """Return an entry ready to be put in, which takes most of the time and no database."""

    def put(self, connection: Connection, entries: Mapping[int, Any]) -> None:
        """Put documents into the indexes; they must not be there."""

    def remove(self, connection: Connection, document_id: int) -> None:
        """Take a document out of all indexes, if it is there."""

    def empty(self, connection: Connection) -> None:
        """Empty all indexes."""

    def newest(self, connection: Connection, table: str, asked: Asked, limit: int) -> list[int]:
        """Return up to so many documents in which all phrases stand, the newest first; more of them cost no more."""

    def best(self, connection: Connection, table: str, asked: Asked) -> list[int]:
        """Return the documents in which all phrases stand, the best first, the newest of equals."""

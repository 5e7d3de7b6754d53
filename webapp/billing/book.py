"""What billing may know of documents: their names. The factory hands in where they are looked up."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from sqlalchemy.orm import Session


class Titled(Protocol):
    """A document by name."""

    @property
    def id(self) -> int:
        """Its key."""

    @property
    def slug(self) -> str:
        """Its name in addresses."""

    @property
    def title(self) -> str:
        """Its title."""


class Book(Protocol):
    """Looks documents up by slug or by ids."""

    def __call__(self, session: Session, *, slug: str | None = None, ids: Iterable[int] = ()) -> Sequence[Titled]:
        """Return the documents found: by slug those that are published, by ids any."""

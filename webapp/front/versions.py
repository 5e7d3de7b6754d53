"""How things stand at this moment: what the loop asks the database before it answers again."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from webapp.kit.content_version import Version


@dataclass(frozen=True, slots=True)
class ReaderState:
    """How things stand at this moment for a reader and a document: both versions, and whether they kept any of it."""

    content: Version
    reader: int | None
    kept_something: bool


class Versions(ABC):
    """Says how things stand. Used from the event loop alone, which it never blocks."""

    @abstractmethod
    def of_content(self) -> Version | None:
        """Return the version of what everybody sees, None where it is not known."""

    @abstractmethod
    async def ask(self, reader_id: int, document_id: int) -> ReaderState | None:
        """Return how things stand for a reader and a document, None where it is not known."""

    async def start(self) -> None:  # noqa: B027 - there may be nothing to begin
        """Begin what goes on beside the requests."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the database."""

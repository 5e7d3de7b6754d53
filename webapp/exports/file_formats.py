"""The kinds of files, and whose text is in one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.documents.full_editions import Edition
from webapp.documents.models import PublicEdition


class Kind(StrEnum):
    """A kind of file, by the ending of its name."""

    DOCX = "docx"
    PDF = "pdf"
    EPUB = "epub"
    MARKDOWN = "md"
    TEXT = "txt"

    @property
    def media_type(self) -> str:
        """How HTTP calls it (IANA's registry; RFC 7763 for Markdown)."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.PDF: "application/pdf",
    Kind.EPUB: "application/epub+zip",
    Kind.MARKDOWN: "text/markdown",
    Kind.TEXT: "text/plain",
}


class Side(StrEnum):
    """From which edition a file is made."""

    PUBLIC = "public"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file of one edition."""

    document_id: int
    side: Side
    kind: Kind
    revision: int
    updated_at: datetime


def wanted(edition: Edition, kind: Kind) -> Wanted:
    """Return what is wanted of an edition; which side it is follows from what the edition is."""
    side = Side.PUBLIC if isinstance(edition, PublicEdition) else Side.FULL
    return Wanted(edition.document_id, side, kind, edition.revision, edition.updated_at)

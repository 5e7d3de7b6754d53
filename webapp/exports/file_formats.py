"""The kinds of files, and whose text is in one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.documents.full_editions import Edition
from webapp.documents.models import PublicEdition


class FileFormat(StrEnum):
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
    FileFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileFormat.PDF: "application/pdf",
    FileFormat.EPUB: "application/epub+zip",
    FileFormat.MARKDOWN: "text/markdown",
    FileFormat.TEXT: "text/plain",
}


class EditionSide(StrEnum):
    """From which edition a file is made."""

    PUBLIC = "public"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class ExportKey:
    """One file of one edition."""

    document_id: int
    side: EditionSide
    kind: FileFormat
    revision: int
    updated_at: datetime


def export_key(edition: Edition, kind: FileFormat) -> ExportKey:
    """Return what is wanted of an edition; which side it is follows from what the edition is."""
    side = EditionSide.PUBLIC if isinstance(edition, PublicEdition) else EditionSide.FULL
    return ExportKey(edition.document_id, side, kind, edition.revision, edition.updated_at)

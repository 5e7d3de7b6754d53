"""Which document a page shows, noted by its view for whoever counts how documents are read."""

from dataclasses import dataclass
from typing import cast

from flask import g


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document that a page shows, all of it or its preview."""

    document_id: int
    full: bool


def note_document_view(view: DocumentView | None) -> None:
    """Note what the answer to this request shows."""
    g.document_view = view


def noted_document_view() -> DocumentView | None:
    """Return what the answer to this request shows, None where it is no page of a document."""
    return cast("DocumentView | None", g.get("document_view"))

"""All documents as the desk lists them: published or not, whatever was done last first; each filter has its index."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.documents.draft_models import Draft
from webapp.documents.last_changes import LastChange
from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.kit.errors import NotFoundError
from webapp.kit.paging import RowOrder
from webapp.kit.translatable import _

BY_CHANGE = RowOrder(LastChange.changed_at, LastChange.document_id)
BY_PUBLICATION = RowOrder(Document.published_at, Document.id)
_MOST_WORDS = 8


def get_desk_document(session: Session, document_id: int) -> Document:
    """Return a document by its number; raise NotFoundError where there is none, or only what receipts refer to."""
    document = session.get(Document, document_id)
    if document is None or (not document.revisions and document.state is State.WITHDRAWN):
        raise NotFoundError(_("There is no such document."))
    return document


class DeskView(StrEnum):
    """Parts of the list that somebody looks through to have something done."""

    FINDINGS = "findings"  # texts that are being worked on and in which something was found
    AHEAD = "ahead"  # published ones whose text has changed since


@dataclass(frozen=True, slots=True)
class DeskFilter:
    """Which documents; None: any. `words` stand in the title, in any order, or are what the address begins with."""

    state: State | None = None
    tag: str = ""
    words: str = ""
    view: DeskView | None = None


@dataclass(frozen=True, slots=True)
class ListedText:
    """What is counted of a document's text: of the one that is being worked on, else of what is published."""

    public_characters: int
    paid_characters: int
    findings: int

    @property
    def share(self) -> int:
        """Return how many of a hundred characters are for payers."""
        return round(100 * self.paid_characters / max(self.public_characters + self.paid_characters, 1))


def desk_documents(wanted: DeskFilter) -> Any:  # noqa: ANN401 - a Select of these columns
    """Return the query of the list: Document, LastChange, the figures of its edition and draft, who changed it."""
    edition = (PublicEdition.characters, PublicEdition.gate_rows)
    draft = (Draft.is_changed, Draft.public_characters, Draft.paid_characters, Draft.findings)
    query: Any = (
        select(Document, LastChange, *edition, *draft, Reader.email)
        .join(LastChange, LastChange.document_id == Document.id)
        .outerjoin(PublicEdition, PublicEdition.document_id == Document.id)
        .outerjoin(Draft, Draft.document_id == Document.id)
        .outerjoin(Reader, Reader.id == LastChange.changed_by)
    )
    if wanted.state is not None:
        query = query.where(LastChange.state == wanted.state, Document.state == wanted.state)
    if wanted.view is DeskView.FINDINGS:
        query = query.where(LastChange.has_findings.is_(True))
    if wanted.view is DeskView.AHEAD:
        query = query.where(LastChange.is_ahead.is_(True))
    if wanted.tag:
        tagged = select(DocumentTag.document_id).where(DocumentTag.tag == wanted.tag)
        query = query.where(LastChange.document_id.in_(tagged))
    if words := wanted.words.split()[:_MOST_WORDS]:
        named = [Document.title.icontains(word, autoescape=True) for word in words]
        query = query.where(or_(and_(*named), Document.slug.istartswith(wanted.words.strip(), autoescape=True)))
    return query


@dataclass(frozen=True, slots=True)
class DeskListedDocument:
    """A row of the list, made of what the query selects: what it is, who did what to it last, and its figures."""

    document: Document
    change: LastChange
    text: ListedText | None  # None where nobody has saved or published one
    changed_by: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> "DeskListedDocument":
        """Return a row; what stands after the columns of the query is somebody else's."""
        document, change, characters, gates, is_changed, public, paid, findings, email = row[:9]
        text = None
        if is_changed:
            text = ListedText(public, paid, findings)
        elif characters is not None:
            text = ListedText(characters, sum(gate[1] for gate in gates), 0)
        return cls(document, change, text, email or "")

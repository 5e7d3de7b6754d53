"""What is published, newest first, paged by key; asked of the public side alone."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.documents.models import Document, DocumentTag, PublicEdition, State

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Card:
    """A published document as lists show it."""

    slug: str
    title: str
    summary: str
    language: str
    published_at: datetime
    tags: tuple[str, ...]
    characters: int
    paid_characters: int


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Some cards, and the cursor of those that follow (None at the end)."""

    cards: tuple[Card, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Titled:
    """A document by name, for rooms that only need to mention it."""

    id: int
    slug: str
    title: str


def catalogue_page(session: Session, *, tag: str | None = None, after: str | None = None) -> CataloguePage:
    """Answers a page of the catalogue; a cursor that is none of ours begins at the beginning."""
    query = _published(tag).limit(PAGE_SIZE + 1)
    cursor = _read_cursor(after)
    if cursor:
        query = query.where(tuple_(Document.published_at, Document.id) < cursor)
    documents = session.scalars(query).all()
    shown = documents[:PAGE_SIZE]
    more = len(documents) > PAGE_SIZE
    return CataloguePage(tuple(_card(document) for document in shown), _cursor(shown[-1]) if more else None)


def find_document(session: Session, slug: str) -> Document | None:
    """Answers the document of a slug with its tags and, where it is published, its public edition."""
    return session.scalar(
        select(Document).where(Document.slug == slug).options(joinedload(Document.edition), selectinload(Document.tags))
    )


def titled(session: Session, *, slug: str | None = None, ids: Iterable[int] = ()) -> list[Titled]:
    """Answers the names of documents: by slug what is published, by ids whatever became of them since."""
    query = select(Document.id, Document.slug, Document.title)
    if slug is None:
        query = query.where(Document.id.in_(list(ids)))
    else:
        query = query.where(Document.slug == slug, Document.state == State.PUBLISHED)
    return [Titled(*row) for row in session.execute(query)]


def _published(tag: str | None) -> Select[Document]:
    edition = joinedload(Document.edition, innerjoin=True)
    query = (
        select(Document)
        .where(Document.state == State.PUBLISHED)
        .options(edition.defer(PublicEdition.html), edition.defer(PublicEdition.text), selectinload(Document.tags))
        .order_by(Document.published_at.desc(), Document.id.desc())
    )
    if tag is None:
        return query
    return query.join(DocumentTag, DocumentTag.document_id == Document.id).where(DocumentTag.tag == tag)


def _card(document: Document) -> Card:
    edition, published_at = document.edition, document.published_at
    assert edition is not None
    assert published_at is not None
    return Card(
        slug=document.slug,
        title=edition.title,
        summary=edition.summary,
        language=edition.language,
        published_at=published_at,
        tags=tuple(row.tag for row in document.tags),
        characters=edition.all_characters,
        paid_characters=edition.paid_characters,
    )


def _cursor(document: Document) -> str:
    assert document.published_at is not None
    return urlsafe_b64encode(f"{document.published_at.isoformat()} {document.id}".encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> tuple[datetime, int] | None:
    if not text:
        return None
    try:
        moment, number = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        published, key = datetime.fromisoformat(moment), int(number)
    except ValueError:
        return None
    return (published, key) if published.tzinfo is UTC and 0 <= key < 2**63 else None

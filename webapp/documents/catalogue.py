"""What is published, newest first, paged by key; asked of the public side alone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, Subquery, bindparam, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.base import ExecutableOption

from webapp.documents.models import Document, DocumentTag, FormerSlug, PublicEdition, State
from webapp.kit.paging import Page, RowOrder, fetch_page
from webapp.kit.prepared_query import PreparedQuery
from webapp.manuscript import short_title

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """A published document as lists show it."""

    slug: str
    title: str
    subtitle: str
    authors: tuple[str, ...]
    summary: str
    language: str
    published_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    characters: int
    paid_characters: int

    @property
    def listed_title(self) -> str:
        """Its title, cut where it is long."""
        return short_title(self.title, self.language)


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents, and in which order; None: any. The moment `begins` is part of the span, `ends` is not."""

    tag: str | None = None
    language: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    oldest_first: bool = False


ALL = DocumentFilter()
_LATEST_FIRST = RowOrder(Document.published_at, Document.id)
_OLDEST_FIRST = replace(_LATEST_FIRST, ascending=True)
_BETWEEN_TAGS = "/"  # which is in none (preparation.unfit_tag)
_TAGS = select(DocumentTag.tag).where(DocumentTag.document_id == Document.id).order_by(DocumentTag.tag)
_BY_SLUG = PreparedQuery(
    (Document, PublicEdition),
    lambda query: (
        query.add_columns(_joined(_TAGS.correlate(Document).subquery()))
        .join_from(Document, PublicEdition, PublicEdition.document_id == Document.id, isouter=True)
        .where(Document.slug == bindparam("slug"))
    ),
)


def catalogue_page(
    session: Session, wanted: DocumentFilter = ALL, *, after: str | None = None, limit: int = PAGE_SIZE
) -> Page[DocumentCard]:
    """Return a page of the catalogue; a cursor that is none of ours begins at the beginning."""
    order = _OLDEST_FIRST if wanted.oldest_first else _LATEST_FIRST
    page = fetch_page(session, _published(wanted).options(*_for_cards()), order, after, limit)
    return page.map(lambda row: _card(row[0]))


def get_cards(session: Session, ids: Iterable[int]) -> dict[int, DocumentCard]:
    """Return the cards of published documents by id; what is not published has none."""
    query = select(Document).where(Document.id.in_(list(ids)), Document.state == State.PUBLISHED)
    return {document.id: _card(document) for document in session.scalars(query.options(*_for_cards()))}


def latest_documents(session: Session, limit: int, tag: str | None = None) -> list[Document]:
    """Return the latest published documents with their whole public editions and tags: what feeds are made of."""
    query = _LATEST_FIRST.sort(_published(DocumentFilter(tag=tag))).limit(limit)
    return list(session.scalars(query.options(joinedload(Document.edition), selectinload(Document.tags))))


def find_document(session: Session, slug: str) -> Document | None:
    """Return the document of a slug with its tags and, where it is published, its public edition."""
    found = _BY_SLUG.first(session, slug=slug)
    if found is None:
        return None
    document: Document = found[0]
    named = (found[2] or "").split(_BETWEEN_TAGS)
    set_committed_value(document, "edition", found[1])
    set_committed_value(document, "tags", [DocumentTag(document_id=document.id, tag=tag) for tag in named if tag])
    return document


def _joined(tags: Subquery) -> ScalarSelect[str]:
    return select(func.aggregate_strings(tags.c.tag, _BETWEEN_TAGS)).scalar_subquery()


def find_published(session: Session, slug: str) -> Document | None:
    """Return the document of a slug, be it a former one, by itself; None unless it is published."""
    now = current_slug(session, slug)
    return session.scalar(select(Document).where(Document.slug == now, Document.state == State.PUBLISHED))


def current_slug(session: Session, slug: str) -> str:
    """Return what a published document that once had this slug is called now; of any other the slug itself."""
    named = select(Document.slug).join(FormerSlug, FormerSlug.document_id == Document.id)
    return session.scalar(named.where(FormerSlug.slug == slug, Document.state == State.PUBLISHED)) or slug


def get_documents(session: Session, ids: Iterable[int]) -> dict[int, Document]:
    """Return documents by id, whatever became of them since, to be named somewhere."""
    return {document.id: document for document in session.scalars(select(Document).where(Document.id.in_(list(ids))))}


def _card(document: Document) -> DocumentCard:
    edition, published_at = document.edition, document.published_at
    assert edition is not None
    assert published_at is not None
    return DocumentCard(
        slug=document.slug,
        title=edition.title,
        subtitle=edition.subtitle,
        authors=tuple(edition.authors),
        summary=edition.summary,
        language=edition.language,
        published_at=published_at,
        updated_at=edition.changed_at,
        tags=tuple(row.tag for row in document.tags),
        characters=edition.all_characters,
        paid_characters=edition.paid_characters,
    )


def _published(wanted: DocumentFilter) -> Select[Document]:
    query = select(Document).where(Document.state == State.PUBLISHED)
    if wanted.tag is not None:
        query = query.join(DocumentTag, DocumentTag.document_id == Document.id).where(DocumentTag.tag == wanted.tag)
    if wanted.language is not None:
        is_it, is_of_it = (
            PublicEdition.language == wanted.language,
            PublicEdition.language.startswith(f"{wanted.language}-"),
        )
        query = query.join(Document.edition).where(or_(is_it, is_of_it))
    if wanted.begins is not None:
        query = query.where(Document.published_at >= wanted.begins)
    if wanted.ends is not None:
        query = query.where(Document.published_at < wanted.ends)
    return query


def _for_cards() -> tuple[ExecutableOption, ...]:
    edition = joinedload(Document.edition, innerjoin=True)
    return edition.defer(PublicEdition.html), edition.defer(PublicEdition.text), selectinload(Document.tags)

"""A reader's shelf, list by list: read lately, bookmarked, bought, noted. Lists name documents and quote none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.access.policy import get_unlocked_documents, unlocks
from webapp.documents.catalogue import current_slug
from webapp.documents.full_editions import full_contents
from webapp.documents.models import Document, PublicEdition, toc_of
from webapp.kit.errors import NotFoundError
from webapp.kit.paging import Page, RowOrder, fetch_page
from webapp.kit.translatable import _
from webapp.library.models import Bookmark, Highlight, ReadingPosition
from webapp.library.owner import LibraryOwner
from webapp.library.reading_positions import READ_TO_THE_END, is_unfinished
from webapp.manuscript import TocEntry

LIST_PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document as the shelf names it; its language is not known any more when it was withdrawn."""

    id: int
    slug: str
    title: str
    language: str | None


@dataclass(frozen=True, slots=True)
class StartedDocument:
    """A document that was read: how far, and when last."""

    volume: ListedDocument
    permille: int
    read_at: datetime

    @property
    def unfinished(self) -> bool:
        """Whether there is something to read on for."""
        return is_unfinished(self.permille)


@dataclass(frozen=True, slots=True)
class BookmarkedDocument:
    """A bookmark, and the heading that it stands at, where the reader may read it and it is still there."""

    number: int
    volume: ListedDocument
    section: TocEntry | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NotedDocument:
    """A document with highlights: how many, and when the latest was made."""

    volume: ListedDocument
    count: int
    latest: datetime


def get_listed_document(session: Session, owner: LibraryOwner, slug: str) -> ListedDocument:
    """Return a document that the reader may open; raise NotFoundError where there is none of this name."""
    row = session.execute(_volumes(owner).where(Document.slug == current_slug(session, slug))).first()
    if row is None:
        raise NotFoundError(_("There is no such document."))
    return ListedDocument(*row)


def list_history(
    session: Session,
    owner: LibraryOwner,
    after: str | None = None,
    limit: int = LIST_PAGE_SIZE,
    *,
    unfinished: bool = False,
) -> Page[StartedDocument]:
    """Return what was read, the latest first; with `unfinished` only what there is to read on in."""
    query = _volumes(owner, ReadingPosition.permille, ReadingPosition.read_at)
    query = query.join(ReadingPosition, ReadingPosition.document_id == Document.id)
    query = query.where(ReadingPosition.reader_id == owner.reader_id)
    if unfinished:
        query = query.where(ReadingPosition.permille > 0, ReadingPosition.permille < READ_TO_THE_END)
    page = fetch_page(session, query, RowOrder(ReadingPosition.read_at, Document.id), after, limit)
    return page.map(lambda row: StartedDocument(ListedDocument(*row[:4]), *row[4:]))


def list_bookmarks(
    session: Session, owner: LibraryOwner, after: str | None = None, limit: int = LIST_PAGE_SIZE
) -> Page[BookmarkedDocument]:
    """Return a reader's bookmarks, the latest first."""
    query = _volumes(owner, Bookmark.anchor, Bookmark.created_at, Bookmark.id)
    query = query.join(Bookmark, Bookmark.document_id == Document.id).where(Bookmark.reader_id == owner.reader_id)
    page = fetch_page(session, query, RowOrder(Bookmark.created_at, Bookmark.id), after, limit)
    sections = _sections(session, owner, {document_id for document_id, *_rest, anchor, _at, _id in page.rows if anchor})

    def bookmarked(row: tuple[Any, ...]) -> BookmarkedDocument:
        *named, anchor, created_at, number = row
        return BookmarkedDocument(number, ListedDocument(*named), sections.get((named[0], anchor)), created_at)

    return page.map(bookmarked)


def list_bought(
    session: Session, owner: LibraryOwner, after: str | None = None, limit: int = LIST_PAGE_SIZE
) -> Page[ListedDocument]:
    """Return the documents that are the reader's by themselves, withdrawn ones included; the newest first."""
    held = sorted(get_unlocked_documents(owner.standing, owner.now).documents)
    if not held:
        return Page()
    query = _volumes(owner).where(Document.id.in_(held))
    page = fetch_page(session, query, RowOrder(Document.published_at, Document.id), after, limit)
    return page.map(lambda row: ListedDocument(*row))


def list_noted(
    session: Session, owner: LibraryOwner, after: str | None = None, limit: int = LIST_PAGE_SIZE
) -> Page[NotedDocument]:
    """Return the documents that a reader has marked something in, the latest marked first."""
    marked = (
        select(Highlight.document_id, func.count().label("count"), func.max(Highlight.created_at).label("latest"))
        .where(Highlight.reader_id == owner.reader_id)
        .group_by(Highlight.document_id)
        .subquery()
    )
    query = _volumes(owner, marked.c.count, marked.c.latest).join(marked, marked.c.document_id == Document.id)
    page = fetch_page(session, query, RowOrder(marked.c.latest, Document.id), after, limit)
    return page.map(lambda row: NotedDocument(ListedDocument(*row[:4]), *row[4:]))


def _volumes(owner: LibraryOwner, *more: Any) -> Select[Any]:  # noqa: ANN401 - columns of any type
    """Return the query for documents that the reader may open, with some columns more."""
    named = select(Document.id, Document.slug, Document.title, PublicEdition.language, *more)
    return named.outerjoin(PublicEdition, PublicEdition.document_id == Document.id).where(owner.may_open)


def _sections(session: Session, owner: LibraryOwner, ids: Iterable[int]) -> dict[tuple[int, str], TocEntry]:
    """Return the headings of documents by document and anchor, as far as the reader may read them now."""
    ids = sorted(ids)
    if not ids:
        return {}
    public = select(PublicEdition.document_id, PublicEdition.toc_rows).where(PublicEdition.document_id.in_(ids))
    contents = {id_: toc_of(rows) for id_, rows in session.execute(public)}
    contents |= full_contents(session, unlocks(owner.standing, ids, owner.now))
    return {(id_, entry.anchor): entry for id_, entries in contents.items() for entry in entries}

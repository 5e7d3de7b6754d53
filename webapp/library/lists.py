"""A reader's shelf, list by list: read lately, bookmarked, bought, noted. Lists name documents and quote none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select, true, tuple_
from sqlalchemy.orm import Session

from webapp.access.policy import reach, unlocks
from webapp.documents.full_editions import full_contents
from webapp.documents.models import Document, PublicEdition, toc_of
from webapp.kit.errors import NotFoundError
from webapp.kit.paging import read_cursor, write_cursor
from webapp.kit.translatable import _
from webapp.library.models import Bookmark, Highlight, ReadingPosition
from webapp.library.owner import LibraryOwner
from webapp.library.reading_positions import READ_TO_THE_END, is_unfinished
from webapp.manuscript import TocEntry

LIST_PAGE_SIZE = 20
_T = TypeVar("_T")
T_co = TypeVar("T_co", covariant=True)


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


@dataclass(frozen=True, slots=True)
class Listing(Generic[T_co]):
    """Some entries of a list, and the cursor of those that follow (None at the end)."""

    entries: tuple[T_co, ...]
    after: str | None = None


def get_listed_document(session: Session, owner: LibraryOwner, slug: str) -> ListedDocument:
    """Return a document that the reader may open; raise NotFoundError where there is none of this name."""
    row = session.execute(_volumes(owner).where(Document.slug == slug)).first()
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
) -> Listing[StartedDocument]:
    """Return what was read, the latest first; with `unfinished` only what there is to read on in."""
    query = _volumes(owner, ReadingPosition.permille, ReadingPosition.read_at)
    query = query.join(ReadingPosition, ReadingPosition.document_id == Document.id)
    query = query.where(ReadingPosition.reader_id == owner.reader_id)
    if unfinished:
        query = query.where(ReadingPosition.permille > 0, ReadingPosition.permille < READ_TO_THE_END)
    query = _latest_first(query, ReadingPosition.read_at, Document.id, after)
    entries = [StartedDocument(ListedDocument(*row[:4]), *row[4:]) for row in session.execute(query.limit(limit + 1))]
    return _listing(entries, limit, lambda entry: write_cursor(entry.read_at, entry.volume.id))


def list_bookmarks(
    session: Session, owner: LibraryOwner, after: str | None = None, limit: int = LIST_PAGE_SIZE
) -> Listing[BookmarkedDocument]:
    """Return a reader's bookmarks, the latest first."""
    query = _volumes(owner, Bookmark.anchor, Bookmark.created_at, Bookmark.id)
    query = query.join(Bookmark, Bookmark.document_id == Document.id).where(Bookmark.reader_id == owner.reader_id)
    query = _latest_first(query, Bookmark.created_at, Bookmark.id, after)
    rows = session.execute(query.limit(limit + 1)).all()
    sections = _sections(session, owner, {row[0] for row in rows if row.anchor})
    entries = [
        BookmarkedDocument(number, ListedDocument(*named), sections.get((named[0], anchor)), created_at)
        for *named, anchor, created_at, number in rows
    ]
    return _listing(entries, limit, lambda entry: write_cursor(entry.created_at, entry.number))


def list_bought(
    session: Session, owner: LibraryOwner, after: str | None = None, limit: int = LIST_PAGE_SIZE
) -> Listing[ListedDocument]:
    """Return the documents that are the reader's by themselves, withdrawn ones included; the newest first."""
    held = sorted(reach(owner.standing, owner.now).documents)
    query = _volumes(owner, Document.published_at).where(Document.id.in_(held))
    query = _latest_first(query, Document.published_at, Document.id, after)
    rows = session.execute(query.limit(limit + 1)).all() if held else []
    listing = _listing(rows, limit, lambda row: write_cursor(row[4], row[0]))
    return Listing(tuple(ListedDocument(*row[:4]) for row in listing.entries), listing.after)


def list_noted(
    session: Session, owner: LibraryOwner, after: str | None = None, limit: int = LIST_PAGE_SIZE
) -> Listing[NotedDocument]:
    """Return the documents that a reader has marked something in, the latest marked first."""
    latest, last = func.max(Highlight.created_at), read_cursor(after)
    marked = (
        select(Highlight.document_id, func.count().label("count"), latest.label("latest"))
        .where(Highlight.reader_id == owner.reader_id)
        .group_by(Highlight.document_id)
        .having(tuple_(latest, Highlight.document_id) < last if last else true())
        .subquery()
    )
    query = _volumes(owner, marked.c.count, marked.c.latest).join(marked, marked.c.document_id == Document.id)
    query = query.order_by(marked.c.latest.desc(), Document.id.desc())
    entries = [NotedDocument(ListedDocument(*row[:4]), *row[4:]) for row in session.execute(query.limit(limit + 1))]
    return _listing(entries, limit, lambda entry: write_cursor(entry.latest, entry.volume.id))


def _volumes(owner: LibraryOwner, *more: Any) -> Select[Any]:  # noqa: ANN401 - columns of any type
    """Return the query for documents that the reader may open, with some columns more."""
    named = select(Document.id, Document.slug, Document.title, PublicEdition.language, *more)
    return named.outerjoin(PublicEdition, PublicEdition.document_id == Document.id).where(owner.may_open)


def _latest_first(query: Select[Any], moment: Any, key: Any, after: str | None) -> Select[Any]:  # noqa: ANN401 - as above
    last = read_cursor(after)
    query = query.where(tuple_(moment, key) < last) if last else query
    return query.order_by(moment.desc(), key.desc())


def _listing(rows: Sequence[_T], limit: int, cursor_of: Callable[[_T], str]) -> Listing[_T]:
    shown = tuple(rows[:limit])
    return Listing(shown, cursor_of(shown[-1]) if len(rows) > limit else None)


def _sections(session: Session, owner: LibraryOwner, ids: Iterable[int]) -> dict[tuple[int, str], TocEntry]:
    """Return the headings of documents by document and anchor, as far as the reader may read them now."""
    ids = sorted(ids)
    if not ids:
        return {}
    public = select(PublicEdition.document_id, PublicEdition.toc_rows).where(PublicEdition.document_id.in_(ids))
    contents = {id_: toc_of(rows) for id_, rows in session.execute(public)}
    contents |= full_contents(session, unlocks(owner.standing, ids, owner.now))
    return {(id_, entry.anchor): entry for id_, entries in contents.items() for entry in entries}

"""What a page of results shows: titles and passages with the words marked, from texts that its reader may read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.access.policy import Standing, get_unlocked_documents, unlocks
from webapp.documents.catalogue import DocumentCard, get_cards
from webapp.documents.full_editions import full_texts
from webapp.documents.models import PublicEdition
from webapp.kit.paging import Page, read_cursor, write_cursor
from webapp.manuscript.blocks import ellipsis_in
from webapp.search.find import SearchHit, find_documents
from webapp.search.snippets import Piece, mark_words, snippet
from webapp.search.tokenizer import Query

RESULTS_PER_PAGE = 10


@dataclass(frozen=True, slots=True)
class Result:
    """A document that was found; `in_full` when the passage stands in the part for payers."""

    card: DocumentCard
    title: tuple[Piece, ...]
    passage: tuple[Piece, ...]
    in_full: bool


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results; `count` is how many there are, `more` whether more than that."""

    query: Query
    page: Page[Result]
    count: int
    more: bool


@dataclass(frozen=True, slots=True)
class ResultLink:
    """Which results: of a tag or of all, so many after a cursor (one of ours, or it begins at the beginning)."""

    tag: str | None = None
    after: str | None = None
    limit: int = RESULTS_PER_PAGE


def results_for(session: Session, query: Query, standing: Standing | None, now: datetime, place: ResultLink) -> Results:
    """Return a page of what a query finds for a reader."""
    found = find_documents(session, query, get_unlocked_documents(standing, now), place.tag)
    first = _place_after(place.after, found.hits)
    following = first + place.limit
    shown = found.hits[first:following]
    after = write_cursor(following, shown[-1].document_id) if following < len(found.hits) else None
    page = Page(_shown(session, query, shown, standing, now), after)
    return Results(query, page, len(found.hits), found.more)


def _shown(
    session: Session, query: Query, hits: tuple[SearchHit, ...], standing: Standing | None, now: datetime
) -> tuple[Result, ...]:
    if not hits:
        return ()
    ids = [hit.document_id for hit in hits]
    cards = get_cards(session, ids)
    previews = select(PublicEdition.document_id, PublicEdition.text).where(PublicEdition.document_id.in_(ids))
    texts = {row.document_id: row.text for row in session.execute(previews)}
    full = full_texts(session, unlocks(standing, [hit.document_id for hit in hits if hit.in_full], now))
    return tuple(
        Result(
            card=cards[hit.document_id],
            title=mark_words(cards[hit.document_id].title, query),
            passage=snippet(
                full[hit.document_id] if hit.in_full else texts[hit.document_id],
                query,
                ellipsis_in(cards[hit.document_id].language),
            ),
            in_full=hit.in_full,
        )
        for hit in hits
        if hit.document_id in cards and (not hit.in_full or hit.document_id in full)
    )


def _place_after(cursor: str | None, hits: tuple[SearchHit, ...]) -> int:
    """Return where a list goes on: after the hit that a cursor names, or where that stood if it is found no more."""
    following, document_id = read_cursor(cursor, int) or (0, 0)
    places = {hit.document_id: place for place, hit in enumerate(hits, 1)}
    return places.get(document_id, max(0, following - 1))

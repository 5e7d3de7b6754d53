"""A shelf that becomes another reader's, when two accounts of one person are merged."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.library.models import Bookmark, Highlight, ReadingPosition


def move_shelf(session: Session, giver: int, taker: int) -> None:
    """Give one reader's positions, bookmarks and highlights to another (both by id), whose own stay.

    Of two positions in a document the later one holds. A passage that both marked is kept once, unless both noted
    something else about it.
    """
    _move_positions(session, giver, taker)
    _move_bookmarks(session, giver, taker)
    _move_highlights(session, giver, taker)
    session.flush()


def _move_positions(session: Session, giver: int, taker: int) -> None:
    for position in session.scalars(select(ReadingPosition).where(ReadingPosition.reader_id == giver)).all():
        held = session.get(ReadingPosition, (taker, position.document_id))
        if held is None:
            position.reader_id = taker
        elif held.read_at < position.read_at:
            held.permille, held.passage, held.anchor = position.permille, position.passage, position.anchor
            held.view, held.turn, held.read_at = position.view, position.turn, position.read_at


def _move_bookmarks(session: Session, giver: int, taker: int) -> None:
    places = select(Bookmark.document_id, Bookmark.anchor).where(Bookmark.reader_id == taker)
    held = {(document_id, anchor) for document_id, anchor in session.execute(places)}
    for bookmark in session.scalars(select(Bookmark).where(Bookmark.reader_id == giver)).all():
        if (bookmark.document_id, bookmark.anchor) not in held:
            bookmark.reader_id = taker


def _move_highlights(session: Session, giver: int, taker: int) -> None:
    held = {(one.document_id, one.quote): one for one in _highlights(session, taker)}
    last = select(Highlight.document_id, func.max(Highlight.number)).where(Highlight.reader_id == taker)
    numbers = dict(session.execute(last.group_by(Highlight.document_id)).all())
    for highlight in _highlights(session, giver):
        same = held.get((highlight.document_id, highlight.quote))
        if same is not None and highlight.note in {"", same.note}:
            continue
        if same is not None and not same.note:
            same.note, same.updated_at = highlight.note, highlight.updated_at
            continue
        numbers[highlight.document_id] = numbers.get(highlight.document_id, 0) + 1
        highlight.reader_id, highlight.number = taker, numbers[highlight.document_id]


def _highlights(session: Session, reader_id: int) -> list[Highlight]:
    mine = select(Highlight).where(Highlight.reader_id == reader_id)
    return list(session.scalars(mine.order_by(Highlight.document_id, Highlight.number)))

"""A reader's places: where they stopped in a document, and what they bookmarked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.translatable import _
from webapp.library.models import ANCHOR_LENGTH, PASSAGE_LENGTH, VIEW_LENGTH, Bookmark, ReadingPosition

END_OF_DOCUMENT = 1000  # a position is counted in thousandths of the text
MOST_BOOKMARKS = 200  # in one document
READ_TO_THE_END = END_OF_DOCUMENT - 20  # the last lines of a text are seldom scrolled to the very end
_MOST_TURNS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ReportedPosition:
    """What an open page tells: its own name and how often it has told something, and how far its reader came.

    `permille` is None where it was only opened; `passage` is what stood at the top, `anchor` the heading above it.
    """

    view: str
    turn: int
    permille: int | None = None
    passage: str = ""
    anchor: str = ""


def is_unfinished(permille: int) -> bool:
    """Whether there is something to read on for."""
    return 0 < permille < READ_TO_THE_END


def save_position(session: Session, reader_id: int, document_id: int, told: ReportedPosition, now: datetime) -> None:
    """Keep how far a reader came; what a page told earlier does not undo what it told later."""
    row = session.get(ReadingPosition, (reader_id, document_id))
    view, turn = told.view[:VIEW_LENGTH], min(max(told.turn, 0), _MOST_TURNS)
    if row is None:
        row = ReadingPosition(reader_id=reader_id, document_id=document_id)
        session.add(row)
    elif row.view == view and turn <= row.turn:
        return
    row.view, row.turn, row.read_at = view, turn, now
    if told.permille is not None:
        row.permille = min(max(told.permille, 0), END_OF_DOCUMENT)
        row.passage = told.passage.strip()[:PASSAGE_LENGTH]
        row.anchor = told.anchor[:ANCHOR_LENGTH]


def forget_reading(session: Session, reader_id: int, document_id: int | None = None) -> None:
    """Take a document out of a reader's history, or all of them, and forget where they stopped."""
    gone = delete(ReadingPosition).where(ReadingPosition.reader_id == reader_id)
    session.execute(gone if document_id is None else gone.where(ReadingPosition.document_id == document_id))


def set_bookmark(session: Session, reader_id: int, document_id: int, anchor: str, now: datetime) -> None:
    """Bookmark a document, or the section under a heading; raise ConflictError when there are too many."""
    held = select(Bookmark.anchor).where(Bookmark.reader_id == reader_id, Bookmark.document_id == document_id)
    anchors = set(session.scalars(held))
    if anchor in anchors:
        return
    if len(anchors) >= MOST_BOOKMARKS:
        raise ConflictError(
            _("You already have 200 bookmarks in this report."), _("Remove one that you no longer use.")
        )
    session.add(Bookmark(reader_id=reader_id, document_id=document_id, anchor=anchor, created_at=now))


def remove_bookmark(session: Session, reader_id: int, document_id: int, anchor: str) -> None:
    """Take a bookmark out, where there is one."""
    of_reader = (Bookmark.reader_id == reader_id, Bookmark.document_id == document_id)
    session.execute(delete(Bookmark).where(*of_reader, Bookmark.anchor == anchor))


def remove_bookmark_by_id(session: Session, reader_id: int, number: int) -> None:
    """Take out the bookmark of a list; raise NotFoundError where it is none of the reader's."""
    gone = delete(Bookmark).where(Bookmark.id == number, Bookmark.reader_id == reader_id)
    if not session.execute(gone.returning(Bookmark.id)).all():
        raise NotFoundError(_("You have no such bookmark."))

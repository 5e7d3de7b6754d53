"""What stands beside and inside a document's text for the reader who is signed in."""

from dataclasses import dataclass
from html import escape

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.documents.full import Edition
from webapp.manuscript import TocEntry
from webapp.reading.annotating import Quote, Searchable, next_visible
from webapp.reading.marking import PLACE, marked, text_of
from webapp.reading.noting import highlights_in, marks_of, shown
from webapp.reading.places import END, is_unfinished
from webapp.reading.shelf_models import Bookmark, ReadingPosition

# Written once, since it is asked for every page that a reader opens: one row for each bookmark, or one without.
_PLACES = (
    select(ReadingPosition, Bookmark)
    .select_from(Reader)
    .outerjoin(
        ReadingPosition,
        and_(ReadingPosition.reader_id == Reader.id, ReadingPosition.document_id == bindparam("document")),
    )
    .outerjoin(Bookmark, and_(Bookmark.reader_id == Reader.id, Bookmark.document_id == bindparam("document")))
    .where(Reader.id == bindparam("reader"))
)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a reader stopped: how far, in thousandths, and the id of it in the page."""

    permille: int
    fragment: str


@dataclass(frozen=True, slots=True)
class Margin:
    """A document's page as its reader left it; `html` is its text with what they marked."""

    html: str
    stop: Stop | None
    bookmarked: bool
    sections: tuple[TocEntry, ...]
    highlights: int


def margin_of(session: Session, reader_id: int, document_id: int, edition: Edition) -> Margin:
    """Answers what a reader kept of a document, in the edition that they read now. Two queries."""
    rows = session.execute(_PLACES, {"reader": reader_id, "document": document_id}).all()
    position = rows[0][0] if rows else None
    anchors = {bookmark.anchor for _position, bookmark in rows if bookmark}
    highlights = highlights_in(session, reader_id, document_id)
    stop, html = None, edition.html
    if position or highlights:
        text = Searchable(text_of(edition.html))
        marks = marks_of(shown(highlights, text, in_full=False))
        stop, place = _stop(position, text, edition.html) if position else (None, None)
        html = marked(edition.html, marks, place)
    sections = tuple(entry for entry in edition.toc if entry.anchor in anchors)
    return Margin(html, stop, "" in anchors, sections, len(highlights))


def _stop(position: ReadingPosition, text: Searchable, html: str) -> tuple[Stop | None, int | None]:
    """Answers where to read on, and the place in the text to be marked for it.

    That is where the same words stand, else the heading that was above them, else so many thousandths of the text.
    """
    if not is_unfinished(position.permille):
        return None, None
    guess = position.permille * len(text.text) // END
    span = text.find(Quote(position.passage, position=guess))
    if span is None and position.anchor and f' id="{escape(position.anchor)}"' in html:
        return Stop(position.permille, position.anchor), None
    return Stop(position.permille, PLACE), next_visible(text.text, span.start if span else guess)

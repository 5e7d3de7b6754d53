"""What stands beside and inside a document's text for the reader who is signed in."""

from dataclasses import dataclass
from html import escape
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.documents.full_editions import Edition
from webapp.kit.prepared_query import PreparedQuery
from webapp.library.highlight_html import mark_passages, visible_text
from webapp.library.highlights import highlight_marks, list_highlights, show_highlight
from webapp.library.models import Bookmark, Highlight, ReadingPosition
from webapp.library.reading_positions import END_OF_DOCUMENT, is_unfinished
from webapp.library.text_quote import Searchable, TextQuote, next_visible
from webapp.manuscript import TocEntry


def _of_reader(query: Select[Any]) -> Select[Any]:
    def is_here(table: type[ReadingPosition | Bookmark | Highlight]) -> ColumnElement[bool]:
        return and_(table.reader_id == Reader.id, table.document_id == bindparam("document"))

    return (
        query.add_columns(exists().where(is_here(Highlight)).correlate(Reader))
        .select_from(Reader)
        .outerjoin(ReadingPosition, is_here(ReadingPosition))
        .outerjoin(Bookmark, is_here(Bookmark))
        .where(Reader.id == bindparam("reader"))
    )


# One row for each bookmark, or one without; and whether there are highlights.
_PLACES = PreparedQuery((ReadingPosition, Bookmark), _of_reader)


@dataclass(frozen=True, slots=True)
class ReaderSidebar:
    """A document's page as its reader left it; `html` is its text with what they marked.

    `stop` is how far they came, in thousandths, and None where there is nothing to read on for; the element of the id
    `PLACE` stands there.
    """

    html: str
    stop: int | None
    bookmarked: bool
    sections: tuple[TocEntry, ...]
    highlights: int

    @property
    def is_empty(self) -> bool:
        """Whether it shows what it shows to a reader who kept nothing of the document."""
        return self.stop is None and not self.bookmarked and not self.sections and not self.highlights


NOTHING_KEPT = ReaderSidebar("", None, bookmarked=False, sections=(), highlights=0)


def reader_sidebar(session: Session, reader_id: int, document_id: int, edition: Edition, notes: str) -> ReaderSidebar:
    """Return what a reader kept of a document, in the edition that they read now (`notes`: see `marked`)."""
    rows = _PLACES.rows(session, reader=reader_id, document=document_id)
    position, _bookmark, has_highlights = rows[0] if rows else (None, None, False)
    anchors = {bookmark.anchor for _position, bookmark, _ in rows if bookmark}
    highlights = list_highlights(session, reader_id, document_id) if has_highlights else ()
    stop = position.permille if position and is_unfinished(position.permille) else None
    html = edition.html
    if stop or highlights:
        text = Searchable(visible_text(html))
        place = _place(position, text, html) if position and stop else None
        html = mark_passages(html, highlight_marks(show_highlight(highlights, text, in_full=False)), notes, place)
    sections = tuple(entry for entry in edition.toc if entry.anchor in anchors) if anchors else ()
    return ReaderSidebar(html, stop, "" in anchors, sections, len(highlights))


def _place(position: ReadingPosition, text: Searchable, html: str) -> int:
    """Return where in the text to read on.

    That is where the same words stand, else the heading that was above them, else so many thousandths of the text.
    """
    guess = position.permille * len(text.text) // END_OF_DOCUMENT
    span = text.find(TextQuote(position.passage, position=guess))
    if span:
        return span.start
    heading = html.find(f' id="{escape(position.anchor)}"') if position.anchor else -1
    return next_visible(text.text, guess if heading < 0 else len(visible_text(html[: html.rindex("<", 0, heading)])))

"""Highlights and the notes to them: made where the reader can read, shown as far as they can read now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.kit.paging import Page, RowOrder, fetch_page
from webapp.kit.translatable import _
from webapp.library.highlight_html import HighlightMark
from webapp.library.models import Highlight
from webapp.library.text_quote import CONTEXT, Searchable, TextQuote, TextRange

QUOTE_LENGTH = 2000
NOTE_LENGTH = 10_000
MOST_HIGHLIGHTS = 2000  # in one document
NOTES_PER_PAGE = 50
# "\r\n" in "one\r\ntwo", "\r" in "one\rtwo"
_LINE_END = re.compile("\r\n?")
_IN_ORDER_OF_TEXT = RowOrder(Highlight.position, Highlight.number, ascending=True)


@dataclass(frozen=True, slots=True)
class ShownHighlight:
    """A highlight as its page shows it: where it stands (None: nowhere), and its words where they may be read."""

    highlight: Highlight
    span: TextRange | None
    words: str | None


@dataclass(frozen=True, slots=True)
class HighlightRequest:
    """What a reader wants marked: the passage as their browser or their clipboard has it, and a note."""

    quote: TextQuote
    note: str = ""


def add_highlight(
    session: Session, place: tuple[int, int], text: Searchable, wish: HighlightRequest, now: datetime
) -> Highlight:
    """Mark a passage for a reader in a document (`place`, both by id); one that is marked already takes the note.

    The passage must stand in `text`, which is what the reader may read; words that stand behind a gate are answered
    as any words that are not there. Raise InvalidInputError, and ConflictError when there are too many.
    """
    wanted = _trimmed(wish.quote)
    if not wanted.exact or len(wanted.exact) > QUOTE_LENGTH:
        raise InvalidInputError(_("A passage has between 1 and 2,000 characters."), _("Please choose another one."))
    span = text.find(wanted)
    if span is None or span.end - span.start > 2 * QUOTE_LENGTH:
        raise InvalidInputError(
            _("These words are not in the text that you can read."), _("Copy the passage just as it stands there.")
        )
    quote = text.quoted(span)
    row = _same(session, place, quote) or _new(session, place, quote, now)
    change_note(row, wish.note or row.note, now)
    session.flush()
    return row


def change_note(highlight: Highlight, note: str, now: datetime) -> None:
    """Give a highlight another note; raise InvalidInputError for one that is too long."""
    note = _typed(note)
    if len(note) > NOTE_LENGTH:
        raise InvalidInputError(_("A note has up to 10,000 characters."), _("Please shorten it."))
    highlight.note, highlight.updated_at = note, now


def get_highlight(session: Session, reader_id: int, document_id: int, number: int) -> Highlight:
    """Return one highlight of a reader; raise NotFoundError."""
    row = session.get(Highlight, (reader_id, document_id, number))
    if row is None:
        raise NotFoundError(_("You have no such note."))
    return row


def remove_highlight(session: Session, reader_id: int, document_id: int, number: int) -> None:
    """Remove one highlight of a reader and its note; raise NotFoundError."""
    session.delete(get_highlight(session, reader_id, document_id, number))


def list_highlights(session: Session, reader_id: int, document_id: int) -> Sequence[Highlight]:
    """Return all highlights of a reader in a document, in the order of the text."""
    held = select(Highlight).where(Highlight.reader_id == reader_id, Highlight.document_id == document_id)
    return session.scalars(_IN_ORDER_OF_TEXT.sort(held)).all()


def list_notes(
    session: Session, place: tuple[int, int], text: Searchable, *, in_full: bool, after: str | None = None
) -> Page[ShownHighlight]:
    """Return a page of a reader's highlights in a document (`place`, both by id) with the text they may read."""
    reader_id, document_id = place
    held = select(Highlight).where(Highlight.reader_id == reader_id, Highlight.document_id == document_id)
    page = fetch_page(session, held, _IN_ORDER_OF_TEXT, after, NOTES_PER_PAGE)
    return Page(show_highlight([row[0] for row in page.rows], text, in_full=in_full), page.after)


def show_highlight(highlights: Sequence[Highlight], text: Searchable, *, in_full: bool) -> tuple[ShownHighlight, ...]:
    """Return highlights as their reader may see them, who reads this text, which is all of the document or a preview.

    The words of a passage are shown where they stand in that text. Those that do not may have been paid text when they
    were marked, so that only who reads in full is shown them.
    """
    spans = text.find_all([highlight.quote for highlight in highlights])
    return tuple(
        ShownHighlight(
            highlight, span, text.text[span.start : span.end] if span else highlight.exact if in_full else None
        )
        for highlight, span in zip(highlights, spans, strict=True)
    )


def highlight_marks(shown: Sequence[ShownHighlight]) -> list[HighlightMark]:
    """Return what is to be drawn into the text."""
    return [HighlightMark(one.highlight.number, one.span, one.highlight.note) for one in shown if one.span]


def _trimmed(quote: TextQuote) -> TextQuote:
    """Return a quote without white space around it, and with no more of its surroundings than is compared."""
    return TextQuote(_typed(quote.exact), quote.prefix[-CONTEXT:], quote.suffix[:CONTEXT], max(0, quote.position))


def _typed(text: str) -> str:
    """Return a text as it was typed, without white space around it: a form sends each line end as two characters."""
    return _LINE_END.sub("\n", text).strip()


def _same(session: Session, place: tuple[int, int], quote: TextQuote) -> Highlight | None:
    reader_id, document_id = place
    of_reader = (Highlight.reader_id == reader_id, Highlight.document_id == document_id)
    return session.scalar(
        select(Highlight).where(*of_reader, Highlight.position == quote.position, Highlight.exact == quote.exact)
    )


def _new(session: Session, place: tuple[int, int], quote: TextQuote, now: datetime) -> Highlight:
    reader_id, document_id = place
    of_reader = (Highlight.reader_id == reader_id, Highlight.document_id == document_id)
    count, last = session.execute(select(func.count(), func.max(Highlight.number)).where(*of_reader)).one()
    if count >= MOST_HIGHLIGHTS:
        raise ConflictError(
            _("You already have 2,000 highlights in this report."), _("Remove one that you no longer need.")
        )
    row = Highlight(
        reader_id=reader_id,
        document_id=document_id,
        number=(last or 0) + 1,
        exact=quote.exact,
        prefix=quote.prefix,
        suffix=quote.suffix,
        position=quote.position,
        note="",
        created_at=now,
    )
    session.add(row)
    return row

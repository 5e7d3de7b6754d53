"""What readers marked while they could read all of it: passages, places and sections of paid text."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.full_editions import FullEdition
from webapp.documents.models import Document, PublicEdition
from webapp.kit import clock
from webapp.library.highlight_html import visible_text
from webapp.library.models import Bookmark, Highlight, ReadingPosition
from webapp.library.text_quote import Searchable, TextRange

LENGTH = 12
NOTE = "my own words"


def leave_marks(session: Session, reader_id: int) -> None:
    """Have a reader mark the first paid passage of each document, stop there, and bookmark the last heading of all."""
    rows = session.execute(
        select(Document.id, FullEdition, PublicEdition)
        .join(FullEdition, FullEdition.document_id == Document.id)
        .outerjoin(PublicEdition, PublicEdition.document_id == Document.id)
    )
    for document_id, full, public in rows:
        kept = {"reader_id": reader_id, "document_id": document_id, "created_at": clock.now()}
        text = Searchable(visible_text(full.html))
        quote = text.quoted(first_paid(text.text, visible_text(public.html) if public else ""))
        words = {"exact": quote.exact, "prefix": quote.prefix, "suffix": quote.suffix, "position": quote.position}
        session.add(Highlight(**kept, number=1, **words, note=NOTE, updated_at=clock.now()))
        anchor = full.toc[-1].anchor if full.toc else ""
        session.add(Bookmark(**kept, anchor=anchor))
        session.add(stop(reader_id, document_id, quote.exact, anchor))


def first_paid(full: str, public: str) -> TextRange:
    """Return where the first passage stands that no preview shows; the beginning where there is none."""
    starts = range(len(full) - LENGTH)
    start = next((at for at in starts if full[at : at + LENGTH] not in public and not full[at].isspace()), 0)
    return TextRange(start, start + LENGTH)


def stop(reader_id: int, document_id: int, passage: str, anchor: str) -> ReadingPosition:
    return ReadingPosition(
        reader_id=reader_id,
        document_id=document_id,
        permille=500,
        passage=passage,
        anchor=anchor,
        view="then",
        turn=1,
        read_at=clock.now(),
    )

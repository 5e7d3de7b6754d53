"""All notes of a reader in one book, a chapter for each document, as it is taken along."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from webapp.access.policy import unlocks
from webapp.documents.full_editions import full_html
from webapp.documents.models import Document, PublicEdition
from webapp.library.highlight_html import visible_text
from webapp.library.highlights import ShownHighlight, list_highlights, show_highlight
from webapp.library.models import Highlight
from webapp.library.owner import LibraryOwner
from webapp.library.text_quote import Searchable

# What Markdown takes for markup anywhere, and at the beginning of a line (CommonMark 0.31, chapters 2.4, 4 and 5).
_ANYWHERE = re.compile(r"[\\`*_\[\]<>&~|]")
# "1" and "." in "1. May", "" and "#" in "# May"
_AT_BEGINNING = re.compile(r"^(\d*)([#+\-=.)])")
# " \n\n  " in "one \n\n  two"
_LINE_BREAK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a reader noted to one document; nothing names a document that they may not open any more."""

    title: str | None
    slug: str | None
    entries: tuple[ShownHighlight, ...]


def note_chapters(session: Session, owner: LibraryOwner) -> Iterator[Chapter]:
    """Yield a reader's notes document by document, in the order of its text."""
    marked = exists().where(Highlight.document_id == Document.id, Highlight.reader_id == owner.reader_id)
    query = select(Document.id, Document.title, Document.slug, owner.may_open).where(marked).order_by(Document.id)
    for document_id, title, slug, may_open in session.execute(query).all():
        html, in_full = _readable(session, owner, document_id) if may_open else ("", False)
        rows = list_highlights(session, owner.reader_id, document_id)
        entries = show_highlight(rows, Searchable(visible_text(html)), in_full=in_full)
        yield Chapter(title, slug, entries) if may_open else Chapter(None, None, entries)


def write_notes_markdown(text: str, indent: str = "") -> str:
    """Return plain text as Markdown that shows it as it is, line by line."""
    lines = _LINE_BREAK.split(text.strip())
    return f"  \n{indent}".join(map(_line, lines))


def _line(line: str) -> str:
    return _AT_BEGINNING.sub(r"\1\\\2", _ANYWHERE.sub(r"\\\g<0>", line)) if line else ""


def _readable(session: Session, owner: LibraryOwner, document_id: int) -> tuple[str, bool]:
    """Return the HTML that the reader may read of a document that they may open, and whether it is all of it."""
    full = full_html(session, unlocks(owner.standing, [document_id], owner.now))
    if full:
        return full[document_id], True
    public = select(PublicEdition.html).where(PublicEdition.document_id == document_id)
    return session.scalar(public) or "", False

"""What the house's own people note about a reader: said in the reader's own download, and forgotten with the person."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader, StaffNote
from webapp.kit.errors import InvalidInputError, NotFoundError
from webapp.kit.translatable import _

LONGEST_NOTE = 2000


def add_staff_note(session: Session, reader_id: int, author_id: int | None, text: str, now: datetime) -> StaffNote:
    """Note something about a reader; raise InvalidInputError where it is empty or too long."""
    bare = text.strip()
    if not bare:
        raise InvalidInputError(_("The note is empty."), _("Write what your colleagues should know."))
    if len(bare) > LONGEST_NOTE:
        raise InvalidInputError(_("The note is too long."), _("Write at most %(most)s characters.", most=LONGEST_NOTE))
    note = StaffNote(reader_id=reader_id, author_id=author_id, text=bare, created_at=now)
    session.add(note)
    session.flush()
    return note


def delete_staff_note(session: Session, reader_id: int, note_id: int) -> None:
    """Take a note away; raise NotFoundError where this reader has none of that number."""
    note = session.get(StaffNote, note_id)
    if note is None or note.reader_id != reader_id:
        raise NotFoundError(_("This note is not there any more."))
    session.delete(note)


def list_staff_notes(session: Session, reader_id: int) -> list[tuple[StaffNote, str]]:
    """Return the notes about a reader, the newest first, each with its author's address; "" where that is not known."""
    notes = select(StaffNote, Reader.email).outerjoin(Reader, Reader.id == StaffNote.author_id)
    mine = notes.where(StaffNote.reader_id == reader_id).order_by(StaffNote.created_at.desc(), StaffNote.id.desc())
    return [(note, email or "") for note, email in session.execute(mine)]


def move_staff_notes(session: Session, giver: int, taker: int) -> None:
    """Have the notes about one account be about another's, when two accounts of one person are merged."""
    session.execute(update(StaffNote).where(StaffNote.reader_id == giver).values(reader_id=taker))

"""Working copies that several people may edit: a text is never overwritten unseen, and never lost."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from webapp.accounts.models import Reader
from webapp.documents.draft_models import Draft, DraftConflict, DraftVisit
from webapp.documents.full_editions import Source
from webapp.documents.last_changes import note_last_change
from webapp.documents.models import Document
from webapp.documents.publishing import blank_document
from webapp.documents.slugs import follow_title
from webapp.documents.stored_revisions import latest_source
from webapp.kit.errors import NotFoundError
from webapp.kit.translatable import _
from webapp.manuscript import SourceFormat, read_front_matter

NO_REVISION = 0
PRESENT = timedelta(minutes=15)  # for so long somebody who had it open may still be typing


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """The text of a document as it is being worked on, with what it takes to save it.

    `version` tells it from every text that was there before, be it saved here or brought by an import.
    """

    document_id: int
    text: str
    format: SourceFormat
    version: int
    base: int = 0
    is_changed: bool = False
    settled: frozenset[str] = frozenset()
    saved_at: datetime | None = None
    saved_by: str = ""


@dataclass(frozen=True, slots=True)
class DraftFigures:
    """What was found in a text and counted of it when it was saved, for lists."""

    findings: int = 0
    errors: int = 0
    public_characters: int = 0
    paid_characters: int = 0


@dataclass(frozen=True, slots=True)
class NewText:
    """A text that shall be saved: on which version it was written, and with which fields typed into a form.

    `title` is the one that the text has by now, and that of the document until it is published; `conflict` is the
    copy that an earlier save of the same page became.
    """

    text: str
    based_on: int
    format: SourceFormat | None = None
    settled: frozenset[str] = frozenset()
    title: str = ""
    conflict: int | None = None
    figures: DraftFigures = field(default_factory=DraftFigures)


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """What became of a save: the version it made, or the copy that was kept beside a version of somebody else.

    `begins` says that somebody else, or nobody for a while, was at work before.
    """

    version: int
    saved_at: datetime | None
    saved_by: str = ""
    conflict: int | None = None
    begins: bool = False


def as_kept(text: str) -> str:
    """Return a text as drafts hold it: lines end as a page's text field ends them, and every database takes it."""
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return sound.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def open_draft(session: Session, document: Document) -> WorkingCopy:
    """Return the text that is being worked on: the draft, or the latest revision where nobody changed that since."""
    draft = _draft_of(session, document)
    if draft is None or (not draft.is_changed and draft.base < document.revisions):
        source = latest_source(session, document) if document.revisions else None
        text, fmt = (as_kept(source.text), source.format) if source else ("", SourceFormat.MARKDOWN)
        return WorkingCopy(document.id, text, fmt, _version(draft, document), document.revisions)
    return WorkingCopy(
        document.id,
        draft.source,
        draft.format,
        _version(draft, document),
        draft.base,
        draft.is_changed,
        frozenset(draft.settled),
        draft.saved_at,
        name_of(session, draft.saved_by),
    )


def create_draft(session: Session, new: NewText, reader_id: int, now: datetime) -> Document:
    """Make a document that has nothing but a draft, under a slug made of its title."""
    front = read_front_matter(as_kept(new.text))[0]
    document = blank_document(session, new.title, front, now)
    _store(session, document, new, (as_kept(new.text), new.format or SourceFormat.MARKDOWN), reader_id, now)
    return document


def save_draft(session: Session, document: Document, new: NewText, reader_id: int, now: datetime) -> SavedDraft:
    """Save a text; where it was written on an outdated version, keep it beside the draft and say so.

    The text that is there already is no conflict, whatever it was written on.
    """
    present = open_draft(session, document)
    text, fmt = as_kept(new.text), new.format or present.format
    _note_visit(session, document.id, reader_id, now)
    if (text, fmt) == (present.text, present.format) and new.settled <= present.settled:
        return SavedDraft(present.version, present.saved_at, present.saved_by)
    if new.based_on != present.version or new.conflict is not None:
        copy = _keep_beside(session, document.id, new, (text, fmt), reader_id, now)
        return SavedDraft(present.version, present.saved_at, present.saved_by, copy)
    _store(session, document, new, (text, fmt), reader_id, now)
    name = name_of(session, reader_id)
    begins = present.saved_at is None or present.saved_by != name or now - present.saved_at > PRESENT
    return SavedDraft(present.version + 1, now, name, begins=begins)


def _store(
    session: Session, document: Document, new: NewText, kept: tuple[str, SourceFormat], reader_id: int, now: datetime
) -> None:
    present = open_draft(session, document)
    draft = _draft_of(session, document) or Draft(document_id=document.id)
    draft.source, draft.format = kept
    draft.version, draft.base = present.version + 1, document.revisions
    draft.settled = sorted(present.settled | new.settled)
    draft.is_changed = bool(draft.settled) or kept != _revision_text(session, document)
    figures = new.figures
    draft.findings, draft.errors = figures.findings, figures.errors
    draft.public_characters, draft.paid_characters = figures.public_characters, figures.paid_characters
    draft.saved_at, draft.saved_by = now, reader_id
    session.add(draft)
    session.flush()
    note_last_change(session, document, now, reader_id)
    if document.published_at is None and new.title:
        before, document.title = document.title, new.title
        follow_title(session, document, before)


def draft_became_revision(session: Session, document: Document) -> None:
    """Note that the latest revision holds what the draft does: there is nothing in it to publish."""
    draft = _draft_of(session, document)
    if draft is not None:
        # Pages that are open show this text, so its version stays as it is.
        draft.version, draft.base = _version(draft, document) - 1, document.revisions
        draft.is_changed, draft.settled, draft.findings, draft.errors = False, [], 0, 0
        session.flush()


def discard_draft(session: Session, document: Document, reader_id: int, now: datetime) -> bool:
    """Go back to the latest revision; return whether there was anything else. A document without one keeps its text."""
    draft = _draft_of(session, document)
    if draft is None or not draft.is_changed or not document.revisions:
        return False
    source = latest_source(session, document)
    draft.source, draft.format = as_kept(source.text), source.format
    draft.version, draft.base = _version(draft, document) + 1, document.revisions
    draft.is_changed, draft.settled, draft.saved_at, draft.saved_by = False, [], now, reader_id
    draft.findings = draft.errors = 0
    session.flush()
    note_last_change(session, document, now, reader_id)
    return True


def list_conflicts(session: Session, document_id: int) -> list[DraftConflict]:
    """Return the copies that wait beside a draft, the oldest first."""
    query = select(DraftConflict).where(DraftConflict.document_id == document_id).order_by(DraftConflict.id)
    return list(session.scalars(query))


def get_conflict(session: Session, document_id: int, conflict_id: int) -> DraftConflict:
    """Return a copy that waits beside a draft; raise NotFoundError where it was settled meanwhile."""
    conflict = session.get(DraftConflict, conflict_id)
    if conflict is None or conflict.document_id != document_id:
        raise NotFoundError(_("This copy is not there any more."), _("Somebody has looked at it meanwhile."))
    return conflict


def settle_conflict(
    session: Session, document: Document, conflict_id: int, chosen: NewText, reader_id: int, now: datetime
) -> SavedDraft:
    """Save the text that somebody chose, having seen both, and drop the copy; the copy stays where the draft moved on.

    Raise NotFoundError where somebody else has settled it.
    """
    conflict = get_conflict(session, document.id, conflict_id)
    if chosen.based_on != open_draft(session, document).version:
        return save_draft(session, document, chosen, reader_id, now)
    saved = save_draft(session, document, chosen, reader_id, now)
    session.delete(conflict)
    session.flush()
    return saved


def note_visit(session: Session, document: Document, reader_id: int, now: datetime) -> list[tuple[str, datetime]]:
    """Note that somebody has a draft open; return who else had it open not long ago, and when, the latest first."""
    _note_visit(session, document.id, reader_id, now)
    query = (
        select(Reader.email, DraftVisit.seen_at)
        .join(Reader, Reader.id == DraftVisit.reader_id)
        .where(DraftVisit.document_id == document.id, DraftVisit.reader_id != reader_id)
        .where(DraftVisit.seen_at > now - PRESENT)
        .order_by(DraftVisit.seen_at.desc())
    )
    return [(email, seen_at) for email, seen_at in session.execute(query)]


def changed_drafts(session: Session, ids: Collection[int]) -> set[int]:
    """Return which of these documents have a text that is not published as it is."""
    query = select(Draft.document_id).where(Draft.document_id.in_(list(ids)), Draft.is_changed.is_(True))
    return set(session.scalars(query))


def _note_visit(session: Session, document_id: int, reader_id: int, now: datetime) -> None:
    visit = session.get(DraftVisit, (document_id, reader_id)) or DraftVisit(
        document_id=document_id, reader_id=reader_id
    )
    visit.seen_at = now
    session.add(visit)
    session.flush()
    session.execute(delete(DraftVisit).where(DraftVisit.document_id == document_id, DraftVisit.seen_at < now - PRESENT))


def _keep_beside(
    session: Session,
    document_id: int,
    new: NewText,
    kept: tuple[str, SourceFormat],
    reader_id: int,
    now: datetime,
) -> int:
    """Keep a text beside the draft and return its number: in place of what the same page saved before, once."""
    waiting = list_conflicts(session, document_id)
    same = [one for one in waiting if (one.source, one.format) == kept]
    own = [one for one in waiting if one.id == new.conflict and one.saved_by == reader_id]
    copy = next(iter(own or same), None) or DraftConflict(document_id=document_id, based_on=new.based_on)
    copy.source, copy.format = kept
    copy.saved_at, copy.saved_by = now, reader_id
    session.add(copy)
    session.flush()
    return copy.id


def _draft_of(session: Session, document: Document) -> Draft | None:
    return session.scalar(select(Draft).where(Draft.document_id == document.id).options(undefer(Draft.source)))


def _version(draft: Draft | None, document: Document) -> int:
    """Return the version of the text that is shown: each save and each revision that came another way is one more."""
    return document.revisions if draft is None else draft.version + document.revisions - draft.base


def _revision_text(session: Session, document: Document) -> tuple[str, SourceFormat] | None:
    if not document.revisions:
        return None
    source = latest_source(session, document)
    return as_kept(source.text), source.format


def draft_sources(session: Session, ids: Collection[int]) -> dict[int, Source]:
    """Return the drafts of those of these documents that have nothing else."""
    query = select(Draft.document_id, Draft.source, Draft.format).join(Document, Document.id == Draft.document_id)
    rows = session.execute(query.where(Document.id.in_(list(ids)), Document.revisions == 0))
    return {row.document_id: Source(row.source, row.format, NO_REVISION) for row in rows}


def name_of(session: Session, reader_id: int | None) -> str:
    """Return by which address somebody of the staff is known; "" for who is not any more."""
    return session.scalar(select(Reader.email).where(Reader.id == reader_id)) or "" if reader_id else ""

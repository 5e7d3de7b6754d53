"""The revisions of a document, for who works on it: listed, looked at, returned to. They hold paid text."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.documents.draft_models import Draft, DraftConflict
from webapp.documents.drafts import discard_draft
from webapp.documents.full_editions import Revision, Source
from webapp.documents.image_records import copy_revision_images
from webapp.documents.last_changes import note_last_change
from webapp.documents.models import Document, State
from webapp.documents.paid_share import characters_of, paid_characters_of
from webapp.documents.stored_revisions import last_published
from webapp.kit.errors import NotFoundError
from webapp.kit.translatable import _
from webapp.manuscript import SourceFormat, parse_manuscript

REVISIONS_LISTED = 50


@dataclass(frozen=True, slots=True)
class RevisionNote:
    """What is known of a revision beside its text; `made_by` is "" where it is not known who made it."""

    number: int
    made_at: datetime
    made_by: str
    source_name: str
    encoding: str
    format: SourceFormat
    characters: int
    paid_characters: int
    is_published: bool
    is_latest: bool

    @property
    def file_name(self) -> str:
        """What its source was called, without the folder where somebody had it."""
        return self.source_name.replace("\\", "/").rpartition("/")[2]

    @property
    def public_characters(self) -> int:
        """How many characters of the source are not for payers."""
        return self.characters - self.paid_characters


@dataclass(frozen=True, slots=True)
class RevisionList:
    """Some revisions, the latest first, and before which number others follow, None where none do."""

    rows: tuple[RevisionNote, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class ReturnedTo:
    """The revision that now holds the text, and the copy that an unfinished draft was kept as, None where none was."""

    number: int
    kept_beside: int | None


def list_revisions(session: Session, document: Document, before: int | None = None) -> RevisionList:
    """Return revisions of a document, the latest first, of those `before` a number."""
    columns = (Revision.id, Revision.number, Revision.created_at, Reader.email, Revision.source_name, Revision.encoding)
    query = (
        select(*columns, Revision.format, Revision.characters, Revision.paid_characters)
        .outerjoin(Reader, Reader.id == Revision.created_by)
        .where(Revision.document_id == document.id)
        .order_by(Revision.number.desc())
    )
    if before is not None:
        query = query.where(Revision.number < before)
    found = session.execute(query.limit(REVISIONS_LISTED + 1)).all()
    published = last_published(session, document) if document.state is State.PUBLISHED else 0
    rows = []
    for id_, number, made_at, email, name, encoding, fmt, characters, paid in found[:REVISIONS_LISTED]:
        counts = (characters, paid) if characters is not None and paid is not None else _counted(session, id_)
        place = (number == published, number == document.revisions)
        rows.append(RevisionNote(number, made_at, email or "", name, encoding, fmt, *counts, *place))
    return RevisionList(tuple(rows), rows[-1].number if len(found) > REVISIONS_LISTED else None)


def _counted(session: Session, revision_id: int) -> tuple[int, int]:
    """Return how many characters a revision has, and how many are paid, where that was not counted when it came."""
    manuscript = parse_manuscript(session.scalars(select(Revision.source).where(Revision.id == revision_id)).one())
    return characters_of(manuscript), paid_characters_of(manuscript)


def get_revision(session: Session, document: Document, number: int) -> Source:
    """Return the source of a revision; raise NotFoundError where there is none of this number."""
    of_it = (Revision.document_id == document.id, Revision.number == number)
    row = session.execute(select(Revision.id, Revision.source, Revision.format).where(*of_it)).one_or_none()
    if row is None:
        raise NotFoundError(_("This document has no such revision."), _("Look at the list of its revisions."))
    return Source(row.source, row.format, row.id)


def return_to_revision(
    session: Session, document: Document, number: int, reader_id: int, now: datetime
) -> ReturnedTo | None:
    """Make a new revision of a former one, files and all, which is then what is worked on; it is not published by this.

    Nothing is lost: the revisions between stay, and what an unfinished draft holds is kept beside it. Return None where
    this is what is worked on already.
    """
    source = get_revision(session, document, number)
    former = session.get_one(Revision, source.revision_id)
    beside = _keep_draft_beside(session, document)
    if number == document.revisions and beside is None:
        return None
    if number != document.revisions:
        document.revisions += 1
        made = Revision(
            document_id=document.id,
            number=document.revisions,
            source=former.source,
            format=former.format,
            source_name=former.source_name,
            encoding=former.encoding,
            characters=former.characters,
            paid_characters=former.paid_characters,
            created_at=now,
            created_by=reader_id,
        )
        session.add(made)
        session.flush()
        copy_revision_images(session, former.id, made.id)
    discard_draft(session, document, reader_id, now)
    note_last_change(session, document, now, reader_id)
    return ReturnedTo(document.revisions, beside)


def _keep_draft_beside(session: Session, document: Document) -> int | None:
    """Keep what nobody has made a revision of as a copy beside the draft; return its number, None where all is kept."""
    draft = session.get(Draft, document.id)
    if draft is None or not draft.is_changed:
        return None
    kept = DraftConflict(document_id=document.id, source=draft.source, format=draft.format, based_on=draft.version)
    kept.saved_at, kept.saved_by = draft.saved_at, draft.saved_by
    session.add(kept)
    session.flush()
    return kept.id

"""A document as it would be if its draft were published now: rows like those that publishing writes, kept nowhere."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from webapp.documents.author_dates import author_dates
from webapp.documents.drafts import WorkingCopy
from webapp.documents.full_editions import Edition, FullEdition
from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.documents.publishing import fill_edition
from webapp.documents.slugs import followed_slug, free_slug
from webapp.manuscript import Checked, RenderedEdition, render_full


@dataclass(frozen=True, slots=True)
class DraftEditions:
    """What a visitor and a subscriber would read: the document has its public edition, the full one is beside it."""

    document: Document
    public: PublicEdition
    full: FullEdition


def draft_editions(
    session: Session, document: Document, copy: WorkingCopy, checked: Checked, moment: datetime, zone: tzinfo
) -> DraftEditions | None:
    """Return both editions of a checked text, None where it could not be published."""
    if checked.preview is None:
        return None
    front, told = checked.front, author_dates(checked.front, zone).published_at
    is_past = told is not None and told <= moment
    shown = Document(
        id=document.id,
        slug=_slug(session, document, copy, checked),
        title=checked.preview.title,
        state=State.PUBLISHED,
        published_at=told if is_past else document.published_at or moment,
    )
    stored = () if "tags" in copy.settled else _stored_tags(session, document)
    tags = sorted({*front.tags, *stored})
    set_committed_value(shown, "tags", [DocumentTag(document_id=document.id, tag=tag) for tag in tags])
    public = PublicEdition(document_id=document.id, revision=document.revisions + 1)
    full = FullEdition(document_id=document.id, revision=document.revisions + 1)
    _fill(public, checked.preview, moment)
    _fill(full, render_full(checked), moment)
    set_committed_value(shown, "edition", public)
    return DraftEditions(shown, public, full)


def _fill(edition: Edition, rendered: RenderedEdition, moment: datetime) -> None:
    fill_edition(edition, rendered)
    edition.changed_at = edition.updated_at = moment


def _stored_tags(session: Session, document: Document) -> list[str]:
    return list(session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == document.id)))


def _slug(session: Session, document: Document, copy: WorkingCopy, checked: Checked) -> str:
    """Return the address that the document would have."""
    told, title = checked.front.slug, checked.title or ""
    if told and document.published_at is None:
        return free_slug(session, title, document.id, told=told)
    if told:
        return told if "slug" in copy.settled else document.slug
    return followed_slug(session, document, document.title, title)

"""Publishing what is being worked on: the draft becomes a revision, and that is published."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.draft_check import check_draft
from webapp.documents.draft_images import images_of_text
from webapp.documents.drafts import WorkingCopy, draft_became_revision, open_draft
from webapp.documents.last_changes import note_last_change
from webapp.documents.models import Document, DocumentTag, State
from webapp.documents.preparation import PreparedSource, content_hash, price_of_front, unfit_tag
from webapp.documents.publishing import add_revision, publish, refuse_findings, tag, untag
from webapp.documents.slugs import rename
from webapp.documents.sources import SourceFile
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.manuscript import Checked


@dataclass(frozen=True, slots=True)
class PublishedDraft:
    """What publishing did; `price` is what the document shall cost, `is_priced` whether its text settles that."""

    is_published: bool
    price: Money | None = None
    is_priced: bool = False


@dataclass(frozen=True, slots=True)
class PublishOrder:
    """Who publishes which version when: `zone` and `currency` are those of what a text names without."""

    reader_id: int
    moment: datetime
    zone: tzinfo
    version: int | None = None
    may_open: bool = False
    currency: str = "cny"


def publish_draft(session: Session, document: Document, order: PublishOrder) -> PublishedDraft:
    """Publish the text that is being worked on; where that is the latest revision, publish this.

    Raise ConflictError where somebody saved another version meanwhile, where a finding forbids it, and where it opens
    what was for payers and may not.
    """
    done, checked = _revise(session, document, order)
    told = {"zone": order.zone, "may_open": order.may_open}
    is_published = publish(session, document, order.moment, checked, **told)  # type: ignore[arg-type]
    if is_published or done.is_published:
        note_last_change(session, document, order.moment, order.reader_id)
    return PublishedDraft(is_published, done.price, done.is_priced)


def revise_draft(session: Session, document: Document, order: PublishOrder) -> PublishedDraft:
    """Make a revision of the text that is being worked on, which is to be published later; raise as for publishing."""
    done, _checked = _revise(session, document, order)
    if done.is_published:
        note_last_change(session, document, order.moment, order.reader_id)
    return done


def _revise(session: Session, document: Document, order: PublishOrder) -> tuple[PublishedDraft, Checked | None]:
    copy = open_draft(session, document)
    if order.version is not None and order.version != copy.version:
        raise ConflictError(
            _("Somebody has saved another version meanwhile."), _("Look at it first, then publish again.")
        )
    if not copy.is_changed and document.revisions:
        return PublishedDraft(is_published=False), None
    checked = check_draft(session, document, copy.text, copy.format)
    refuse_findings(document, checked)
    return _make_revision(session, document, copy, checked, order), checked


def _make_revision(
    session: Session, document: Document, copy: WorkingCopy, checked: Checked, order: PublishOrder
) -> PublishedDraft:
    """Make a revision of a draft, with the tags and the address that were settled in it."""
    front = checked.front
    for sentence in filter(None, map(unfit_tag, front.tags)):
        raise InvalidInputError(sentence, "")
    try:
        price = price_of_front(front, order.currency)
    except ValueError as error:
        raise InvalidInputError(error.args[0], "") from error
    data = copy.text.encode()
    # A document that was imported stays known by the bytes of its file: importing that again undoes nothing.
    digest = document.source_hash if document.source_key else content_hash(data)
    images = images_of_text(session, document, copy.text)
    file = SourceFile(document.source_key, document.source_key or document.slug, "", lambda: data)
    prepared = PreparedSource(file, copy.format, digest, "utf-8", checked, (), price, images)
    add_revision(session, document, prepared, order.moment, order.reader_id)
    if "tags" in copy.settled:
        present = session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == document.id)).all()
        untag(session, document, tuple(set(present) - set(front.tags)))
    tag(session, document, front.tags)
    if "slug" in copy.settled and front.slug and front.slug != document.slug and document.published_at is not None:
        rename(session, document, front.slug)
    draft_became_revision(session, document)
    return PublishedDraft(is_published=True, price=price, is_priced=price is not None or "price" in copy.settled)


def is_publishable(document: Document, copy: WorkingCopy) -> bool:
    """Whether publishing would change anything."""
    return copy.is_changed or document.state is not State.PUBLISHED

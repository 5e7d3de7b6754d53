"""Publishing and withdrawing: the one place where editions are written, both in the same transaction."""

from collections.abc import Collection, Iterable
from dataclasses import astuple
from datetime import UTC, datetime, tzinfo

from sqlalchemy import and_, delete, inspect, select
from sqlalchemy.orm import Session

from webapp.documents.author_dates import AuthorDates, author_dates
from webapp.documents.full_editions import Edition, FullEdition, Revision, Source
from webapp.documents.image_records import revision_images, store_revision_images, store_shown_images
from webapp.documents.listeners import notify_listeners
from webapp.documents.models import FEED_ID_LENGTH, Document, DocumentTag, FormerSlug, PublicEdition, State
from webapp.documents.paid_share import refuse_opening
from webapp.documents.preparation import PreparedSource
from webapp.documents.slugs import add_former_slugs, change_slug, follow_title, free_slug
from webapp.kit import randomness
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.table_base import Base
from webapp.kit.translatable import Filled, _
from webapp.manuscript import (
    RENDERER_VERSION,
    Checked,
    Manuscript,
    RenderedEdition,
    SourceFormat,
    check,
    parse_manuscript,
    render_full,
)

# What is not seen of an edition, or of the other one: what a gate says grows with the paid text.
_UNSEEN = {"revision", "updated_at", "changed_at", "tree", "renderer_version", "gate_rows"}


def new_document(session: Session, key: str | None, prepared: PreparedSource, moment: datetime) -> Document:
    """Make a draft without a revision yet, under the free slug that its author or its title asks for."""
    document = Document(
        slug=free_slug(session, prepared.checked.title or "", told=prepared.checked.front.slug),
        title=prepared.checked.title or "",
        source_key=key,
        source_hash="",
        state=State.DRAFT,
        revisions=0,
        created_at=moment,
        feed_id=_free_feed_id(session, prepared.checked.front.guid),
    )
    session.add(document)
    session.flush()
    return document


def _free_feed_id(session: Session, told: str) -> str:
    """Return the name by which feeds shall know a new document: the one told, where no other has it."""
    is_taken = session.scalar(select(Document.id).where(Document.feed_id == told)) is not None
    return told if told and len(told) <= FEED_ID_LENGTH and not is_taken else f"urn:uuid:{randomness.uuid()}"


def add_revision(session: Session, document: Document, prepared: PreparedSource, moment: datetime) -> None:
    """Keep a new source of a document; until its first publication it has the title of the latest."""
    document.revisions += 1
    document.source_hash = prepared.hash
    if document.published_at is None:
        before, document.title = document.title, prepared.checked.title or ""
        if told := prepared.checked.front.slug:
            change_slug(session, document, free_slug(session, document.title, document.id, told=told))
        else:
            follow_title(session, document, before)
    add_former_slugs(session, document, prepared.checked.front.aliases)
    revision = Revision(
        document_id=document.id,
        number=document.revisions,
        format=prepared.format,
        source=prepared.checked.manuscript.as_written,
        source_name=prepared.source.shown,
        encoding=prepared.encoding,
        created_at=moment,
    )
    session.add(revision)
    session.flush()
    store_revision_images(session, revision.id, prepared.images, moment)


def stored_sources(session: Session, keys: list[str]) -> dict[str, tuple[str, SourceFormat]]:
    """Return the text and format of the latest revisions, by the names of their sources."""
    latest = and_(Revision.document_id == Document.id, Revision.number == Document.revisions)
    query = select(Document.source_key, Revision.source, Revision.format).join(Revision, latest)
    return {str(key): (text, fmt) for key, text, fmt in session.execute(query.where(Document.source_key.in_(keys)))}


def is_latest(session: Session, document: Document, prepared: PreparedSource) -> bool:
    """Whether a source is stored already: the same text and pictures, of the same format, are the latest revision."""
    latest = select(Revision.source, Revision.format, Revision.id).where(
        Revision.document_id == document.id, Revision.number == document.revisions
    )
    row = session.execute(latest).one_or_none()
    if row is None or (row.source, row.format) != (prepared.checked.manuscript.as_written, prepared.format):
        return False
    return revision_images(session, row.id) == {address: image.file for address, image in prepared.images.items()}


def tag(session: Session, document: Document, tags: tuple[str, ...]) -> None:
    """Add tags to a document."""
    if not tags:
        return
    present = set(session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == document.id)))
    missing = [name for name in dict.fromkeys(tags) if name not in present]
    session.add_all(DocumentTag(document_id=document.id, tag=name) for name in missing)
    if missing and document.state is State.PUBLISHED:
        session.flush()
        notify_listeners(session, document.id)


def untag(session: Session, document: Document, tags: tuple[str, ...]) -> bool:
    """Take tags away from a document; return whether it had one of them."""
    of_it = (DocumentTag.document_id == document.id, DocumentTag.tag.in_(tags))
    had = session.scalar(select(DocumentTag.tag).where(*of_it).limit(1)) is not None
    session.execute(delete(DocumentTag).where(*of_it))
    if had and document.state is State.PUBLISHED:
        notify_listeners(session, document.id)
    return had


def is_up_to_date(session: Session, document: Document) -> bool:
    """Return whether the latest revision of a document is the one that is published."""
    present = session.get(PublicEdition, document.id) if document.state is State.PUBLISHED else None
    return present is not None and present.revision == document.revisions


def publish(
    session: Session,
    document: Document,
    moment: datetime,
    checked: Checked | None = None,
    *,
    zone: tzinfo = UTC,
    may_open: bool = False,
) -> bool:
    """Make both editions of the latest revision; `checked` is that revision where the caller has it at hand.

    It is dated as its author says; of a date without a zone, `zone` is the publisher's. Return whether anything
    changed. Raise ConflictError when the revision has a finding that forbids it, or when it opens what was published
    before and may not.
    """
    if is_up_to_date(session, document):
        return False
    manuscript = checked or check_latest(session, document)
    if manuscript.preview is None:
        raise _not_publishable(document, manuscript)
    if not may_open and document.revisions > 1:
        earlier = get_manuscripts(session, document, [last_published(session, document)])
        refuse_opening(document.slug, manuscript.manuscript, earlier)
    dates = author_dates(manuscript.front, zone)
    if document.published_at is None:
        document.feed_id = document.feed_id or _free_feed_id(session, manuscript.front.guid)
    document.published_at = _past(dates.published_at, moment) or document.published_at or moment
    _write_editions(session, document, (manuscript.preview, render_full(manuscript)), dates, moment)
    document.state = State.PUBLISHED
    before, document.title = document.title, manuscript.preview.title
    if not manuscript.front.slug:
        follow_title(session, document, before)
    document.withdrawn_at = None
    session.flush()
    notify_listeners(session, document.id)
    return True


def _not_publishable(document: Document, manuscript: Checked) -> ConflictError:
    first = next(finding for finding in manuscript.findings if finding.severity == "error")
    sentence = _(
        "%(slug)s cannot be published: its line %(line)s, column %(column)s has a finding (%(code)s).",
        slug=document.slug,
        line=first.line,
        column=first.column,
        code=first.code,
    )
    return ConflictError(sentence, Filled(first.message, dict(first.values)) if first.values else first.message)


def withdraw(session: Session, document: Document, moment: datetime) -> bool:
    """Take the public side away; who bought the document keeps reading it. Return whether anything changed."""
    if document.state is not State.PUBLISHED:
        return False
    session.execute(delete(PublicEdition).where(PublicEdition.document_id == document.id))
    document.state = State.WITHDRAWN
    document.withdrawn_at = moment
    session.flush()
    notify_listeners(session, document.id)
    return True


def get_document_by_slug(session: Session, slug: str) -> Document:
    """Return the document of a slug; raise NotFoundError when there is none."""
    document = session.scalar(select(Document).where(Document.slug == slug))
    if document is None:
        raise NotFoundError(_("No document has the slug %(slug)s.", slug=slug), "")
    return document


def last_published(session: Session, document: Document) -> int:
    """Return the number of the revision that is published, or was before it was withdrawn; 0 where none was."""
    return session.scalar(select(FullEdition.revision).where(FullEdition.document_id == document.id)) or 0


def get_manuscripts(session: Session, document: Document, numbers: Iterable[int]) -> dict[int, Manuscript]:
    """Return what the markers of revisions say, by number; of those there are."""
    of_these = (Revision.document_id == document.id, Revision.number.in_(set(numbers)))
    rows = session.execute(select(Revision.number, Revision.source).where(*of_these)).all()
    return {number: parse_manuscript(source) for number, source in rows}


def latest_source(session: Session, document: Document) -> Source:
    """Return the latest revision of a document as it came in."""
    row = session.execute(
        select(Revision.id, Revision.source, Revision.format).where(
            Revision.document_id == document.id, Revision.number == document.revisions
        )
    ).one()
    return Source(row.source, row.format, row.id)


def check_latest(session: Session, document: Document) -> Checked:
    """Return the latest revision of a document, checked."""
    revision = session.scalars(
        select(Revision).where(Revision.document_id == document.id, Revision.number == document.revisions)
    ).one()
    tags = session.scalars(select(DocumentTag.tag).where(DocumentTag.document_id == document.id))
    return check(
        revision.source,
        revision.format,
        title_hint=document.title,
        tags=tuple(tags),
        slug=document.slug,
        images=revision_images(session, revision.id),
    )


def _write_editions(
    session: Session,
    document: Document,
    rendered: tuple[RenderedEdition, RenderedEdition],
    dates: AuthorDates,
    moment: datetime,
) -> None:
    """Write the public and the full edition, each dated by its own changes: a new one as its author dates it."""
    public = session.get(PublicEdition, document.id) or PublicEdition(document_id=document.id)
    full = session.get(FullEdition, document.id) or FullEdition(document_id=document.id)
    paid_updated_at = dates.paid_updated_at or (None if full.changed_at else dates.updated_at)
    editions: tuple[tuple[Edition, datetime | None], ...] = ((public, dates.updated_at), (full, paid_updated_at))
    for (edition, told), text in zip(editions, rendered, strict=True):
        is_new, before = edition.changed_at is None, edition.changed_at or _past(dates.published_at, moment)
        fill_edition(edition, text)
        is_changed = edition.changed_at is not None and shows_otherwise(edition, _UNSEEN)
        edition.changed_at = _past(told, moment) or (moment if is_changed or before is None else before)
        edition.revision, edition.updated_at = document.revisions, moment
        session.add(edition)
        session.flush()
        if text.images or not is_new:
            store_shown_images(session, edition, text.images)


def _past(told: datetime | None, moment: datetime) -> datetime | None:
    """Return a date that an author told, None where it is yet to come."""
    return told if told is not None and told <= moment else None


def shows_otherwise(edition: Base, but_for: Collection[str]) -> bool:
    """Return whether a row of an edition was changed in this session, some columns aside."""
    return any(column.history.has_changes() for column in inspect(edition).attrs if column.key not in but_for)


def fill_edition(edition: Edition, rendered: RenderedEdition) -> None:
    """Put what was rendered into the row of an edition: its text in every form, each of the same run."""
    edition.title, edition.language, edition.subtitle = rendered.title, rendered.language, rendered.subtitle
    edition.authors, edition.collection, edition.cover = list(rendered.authors), rendered.collection, rendered.cover
    edition.html, edition.text, edition.characters = rendered.html, rendered.text, rendered.characters
    edition.toc_rows = _rows(rendered.toc)
    edition.tree, edition.renderer_version = rendered.tree, RENDERER_VERSION
    if isinstance(edition, PublicEdition):
        edition.summary, edition.gate_rows = rendered.summary, _rows(rendered.gates)


def _rows(items: tuple[object, ...]) -> list[list[object]]:
    return [list(astuple(item)) for item in items]  # type: ignore[call-overload]  # dataclasses of the manuscript


def erase(session: Session, document: Document, moment: datetime, *, keep_row: bool) -> None:
    """Delete a document with all its texts and addresses; with `keep_row` only its number and title stay."""
    id_ = document.id
    for table in (PublicEdition, FullEdition, Revision, DocumentTag, FormerSlug):
        session.execute(delete(table).where(table.document_id == id_))
    if keep_row:
        document.state, document.published_at, document.withdrawn_at = State.WITHDRAWN, None, moment
        document.slug, document.source_key, document.source_hash, document.revisions = f"deleted-{id_}", None, "", 0
    else:
        session.execute(delete(Document).where(Document.id == id_))
        session.expunge(document)
    session.flush()
    notify_listeners(session, id_)

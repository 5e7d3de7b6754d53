"""Editions that an older renderer made are rendered anew, each from its own revision.

Only what was rendered changes by it: not the revision, nor when it was published, nor under which address.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.orm import Session, joinedload

from webapp.accounts.registration import publisher_addresses
from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.image_records import revision_images, store_shown_images
from webapp.documents.listeners import notify_listeners
from webapp.documents.models import Document
from webapp.documents.publishing import fill_edition, shows_otherwise
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import Email, enqueue_email
from webapp.manuscript import (
    RENDERER_VERSION,
    ImageFiles,
    ManuscriptError,
    RenderedEdition,
    SourceFormat,
    check,
    render_full,
)

RERENDER_BATCH = 50  # documents in a transaction
_BATCH_CHARACTERS = 2_000_000
_UNTOLD = {"tree", "renderer_version"}  # what no listener can see of an edition
# Both editions of a document are written at once; the full one outlives a withdrawal, so that it tells of both.
_SOURCES = (
    select(FullEdition.revision, FullEdition.title, Revision.source, Revision.format, Revision.id)
    .join(Revision, and_(Revision.document_id == FullEdition.document_id, Revision.number == FullEdition.revision))
    .where(FullEdition.renderer_version < RENDERER_VERSION, Revision.refused_by < RENDERER_VERSION)
)
OUTDATED = _SOURCES.with_only_columns(FullEdition.document_id)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Renewal:
    """What became of a revision: its public and its full edition, None where the renderer refused it."""

    document_id: int
    revision: int
    characters: int
    editions: tuple[RenderedEdition, RenderedEdition] | None


def has_outdated_editions(database: Database) -> bool:
    """Whether there is something that this renderer was not yet tried on."""
    with database.reading() as session:
        return session.scalar(OUTDATED.limit(1)) is not None


def count_outdated_editions(session: Session) -> int:
    """Return how many documents wait for this renderer."""
    return session.scalar(select(func.count()).select_from(OUTDATED.subquery())) or 0


def rerender_all(database: Database) -> Iterator[int]:
    """Render anew whatever an older renderer made, a batch to a transaction; yield how many are new by each."""
    with database.reading() as session:
        waiting = list(session.scalars(OUTDATED.order_by(FullEdition.document_id)))
    batch: list[_Renewal] = []
    for renewal in _renewals(database, waiting):
        batch.append(renewal)
        if len(batch) >= RERENDER_BATCH or sum(one.characters for one in batch) >= _BATCH_CHARACTERS:
            yield _store(database, batch)
            batch = []
    if batch:
        yield _store(database, batch)


def rerender_document(database: Database, document_id: int) -> None:
    """Render one document anew, where an older renderer made it."""
    for renewal in _renewals(database, [document_id]):
        _store(database, [renewal])


def _renewals(database: Database, document_ids: Iterable[int]) -> Iterator[_Renewal]:
    """Render without holding the database; what was published or is gone meanwhile is left out."""
    for document_id in document_ids:
        with database.reading() as session:
            source = session.execute(_SOURCES.where(FullEdition.document_id == document_id)).one_or_none()
            images = revision_images(session, source.id) if source is not None else {}
        if source is not None:
            yield _Renewal(document_id, source.revision, len(source.source), _rendered(document_id, source, images))


def _rendered(
    document_id: int, found: Row[int, str, str, SourceFormat, int], images: ImageFiles
) -> tuple[RenderedEdition, RenderedEdition] | None:
    """Return both editions; the title of before stands in where the text has none, as its file's name did then."""
    try:
        checked = check(found.source, found.format, title_hint=found.title, images=images)
        full = render_full(checked)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one text must not hold the others
        # What an error says may be paid text; a finding's place is not.
        why = error if isinstance(error, ManuscriptError) else type(error).__name__
        log.warning("document %d, revision %d, stays as it is: %s", document_id, found.revision, why)
        return None
    assert checked.preview is not None
    return checked.preview, full


def _store(database: Database, batch: list[_Renewal]) -> int:
    """Write what a batch became in one transaction; return how many documents are new by it."""
    return database.write(lambda session: sum(_settle(session, renewal) for renewal in batch))


def _settle(session: Session, renewal: _Renewal) -> bool:
    full = session.get(FullEdition, renewal.document_id)
    if full is None or not full.is_outdated or full.revision != renewal.revision:
        return False  # whoever published meanwhile, or rendered this anew, has the last word
    if renewal.editions is None:
        _keep(session, full)
        return False
    _renew(session, full, *renewal.editions)
    return True


def _renew(session: Session, full: FullEdition, preview: RenderedEdition, rendered: RenderedEdition) -> None:
    document = session.get_one(Document, full.document_id, options=[joinedload(Document.edition)])
    fill_edition(full, rendered)
    heard_of = shows_otherwise(full, _UNTOLD)
    if document.edition is not None:  # a document that is withdrawn has none, and gets none
        fill_edition(document.edition, preview)
        heard_of = heard_of or shows_otherwise(document.edition, _UNTOLD)
    if document.title != full.title:
        document.title = full.title
    session.flush()
    store_shown_images(session, full, rendered.images)
    if document.edition is not None:
        store_shown_images(session, document.edition, preview.images)
    if heard_of:
        notify_listeners(session, document.id)


def _keep(session: Session, full: FullEdition) -> None:
    """Leave what could not be rendered anew as it is until the renderer changes, and tell the publishers once."""
    of_this = (Revision.document_id == full.document_id, Revision.number == full.revision)
    session.execute(update(Revision).where(*of_this).values(refused_by=RENDERER_VERSION))
    slug = session.scalar(select(Document.slug).where(Document.id == full.document_id))
    for address in publisher_addresses(session):
        key = f"edition-kept:{full.document_id}:{RENDERER_VERSION}:{address}"
        enqueue_email(session, Email(key, "edition_kept", address, "", {"slug": slug}), clock.now())

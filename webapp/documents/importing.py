"""Import: sources become documents and revisions, a batch to a transaction, so that a kill loses nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.import_warnings import held_back, priced_without_span, same_bytes, withdrawn
from webapp.documents.imported_sources import ImportedSource, imported_sources
from webapp.documents.listeners import gathered_notices
from webapp.documents.models import Document, State
from webapp.documents.paid_share import OpensDocumentError, refuse_opening
from webapp.documents.preparation import (
    ImportProblem,
    Options,
    PreparedSource,
    RefusedSource,
    content_hash,
    has_error,
    prepare,
    read_bytes,
    read_text,
)
from webapp.documents.publishing import (
    add_revision,
    check_latest,
    get_manuscripts,
    is_latest,
    is_up_to_date,
    last_published,
    new_document,
    publish,
    tag,
)
from webapp.documents.slugs import change_slug, free_slug, slug_base
from webapp.documents.sources import SourceFile, Unreadable
from webapp.kit.clock import now
from webapp.kit.database import Database
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.manuscript import Checked, FindingCode, Severity

BATCH_FILES = 50
BATCH_BYTES = 8_000_000


class ImportAction(StrEnum):
    """What import did with a source."""

    ADDED = "added"
    REVISED = "revised"
    PUBLISHED = "published"  # which it had unchanged, as a draft
    UNCHANGED = "unchanged"
    CHECKED = "checked"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of one source: its document's slug where there is one, and what was found."""

    shown: str
    did: ImportAction
    slug: str = ""
    problems: tuple[ImportProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What import shall do.

    In the transaction that stores a document `on_priced` runs where its front matter names a price, and then
    `on_stored`, whose price wins; `is_priced` says whether a document, which need not be there yet, is sold by itself.
    With `new_slug` slugs are made of the titles anew, with `duplicates` the bytes of one document become another one
    under another name.
    """

    options: Options = field(default_factory=Options)
    publish: bool = False
    dry_run: bool = False
    new_slug: bool = False
    duplicates: bool = False
    on_stored: Callable[[Session, Document], None] = lambda _session, _document: None
    is_priced: Callable[[Session, Document | None], bool] = lambda _session, _document: False
    on_priced: Callable[[Session, Document, Money], None] = lambda _session, _document, _price: None


@dataclass(slots=True)
class _Read:
    """A source with its bytes, or why there are none."""

    source: SourceFile | Unreadable
    data: bytes | RefusedSource


@dataclass(slots=True)
class Importer:
    """One run of import over one database."""

    database: Database
    order: ImportOrder
    _seen: dict[str, tuple[str, str]] = field(default_factory=dict)

    def run(self, sources: Iterable[SourceFile | Unreadable]) -> Iterator[ImportOutcome]:
        """Yield what became of each source, in order, after the batch it belongs to was committed."""
        batch: list[_Read] = []
        size = 0
        for source in sources:
            read = _Read(source, read_bytes(source))
            batch.append(read)
            size += 0 if isinstance(read.data, RefusedSource) else len(read.data)
            if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
                yield from self._batch(batch)
                batch, size = [], 0
        yield from self._batch(batch)

    def _batch(self, batch: list[_Read]) -> list[ImportOutcome]:
        """Check without holding the database, then stores all of the batch in one transaction."""
        with self.database.reading() as session:
            keys = [read.source.key for read in batch if isinstance(read.source, SourceFile) and read.source.key]
            known = imported_sources(session, keys, with_texts=self.order.options.name_a_reading)
        checked = [self._check(read, known) for read in batch]
        if self.order.dry_run:
            with self.database.reading() as session:
                return [self._try(session, item) for item in checked]
        if all(isinstance(item, ImportOutcome) and item.did is ImportAction.REFUSED for item in checked):
            return [item for item in checked if isinstance(item, ImportOutcome)]
        return self.database.write(lambda session: self._settle_all(session, checked))

    def _check(self, read: _Read, known: dict[str, ImportedSource]) -> ImportOutcome | PreparedSource:
        if isinstance(read.data, RefusedSource) or isinstance(read.source, Unreadable):
            refused = read.data if isinstance(read.data, RefusedSource) else RefusedSource(read.source.shown, ())
            did = ImportAction.REFUSED if has_error(refused.problems) else ImportAction.SKIPPED
            return ImportOutcome(refused.shown, did, problems=refused.problems)
        source, digest = read.source, content_hash(read.data)
        key = source.key
        if key is not None and (clash := self._clash(source, digest)):
            return clash
        if key in known and known[key].hash == digest and self._reads_alike(source, read.data, known[key]):
            return ImportOutcome(source.shown, ImportAction.UNCHANGED, known[key].slug)
        prepared = prepare(source, read.data, self.order.options)
        if isinstance(prepared, RefusedSource):
            return ImportOutcome(source.shown, ImportAction.REFUSED, problems=prepared.problems)
        return prepared

    def _reads_alike(self, source: SourceFile, data: bytes, known: ImportedSource) -> bool:
        """Whether the bytes of before are read as before: how they were is kept, unless an option names another way."""
        options = self.order.options
        return not options.name_a_reading or read_text(source, data, options) == known.stored

    def _clash(self, source: SourceFile, digest: str) -> ImportOutcome | None:
        """Return the refusal of a second, different file that would be known by the same name in this run."""
        shown, first = self._seen.setdefault(source.key or "", (source.shown, digest))
        if first == digest:
            return None
        sentence = _(
            "%(first)s has the same name and was imported in this run; import the two folders one by one.", first=shown
        )
        problem = ImportProblem(source.shown, 1, 1, "same-name", Severity.ERROR, sentence)
        return ImportOutcome(source.shown, ImportAction.REFUSED, problems=(problem,))

    def _try(self, session: Session, item: ImportOutcome | PreparedSource) -> ImportOutcome:
        """Return what would become of a source."""
        if isinstance(item, ImportOutcome):
            return item
        document = _document_of(session, item)
        if document is None and (same := self._same_bytes(session, item)):
            return same
        try:
            self._refuse_opening(session, document, item)
        except OpensDocumentError as error:
            return _opening(item.source.shown, error)
        priced = self._unpaid(session, document, item.source.shown, item.checked)
        slug = slug_base(item.checked.title or "")
        return ImportOutcome(item.source.shown, ImportAction.CHECKED, slug, item.problems + priced)

    def _settle_all(self, session: Session, checked: list[ImportOutcome | PreparedSource]) -> list[ImportOutcome]:
        with gathered_notices(session):
            return [self._settle(session, item) for item in checked]

    def _settle(self, session: Session, item: ImportOutcome | PreparedSource) -> ImportOutcome:
        """Store a source and finish its document; nothing of one that is refused stays."""
        try:
            with session.begin_nested():
                if isinstance(item, PreparedSource):
                    return self._store(session, item)
                if item.did is ImportAction.UNCHANGED:
                    document = session.scalars(select(Document).where(Document.slug == item.slug)).one()
                    return self._unchanged(session, document, item)
                return item
        except OpensDocumentError as error:
            return _opening(item.source.shown if isinstance(item, PreparedSource) else item.shown, error)

    def _unchanged(self, session: Session, document: Document, item: ImportOutcome) -> ImportOutcome:
        """Finish a document whose source is as it was."""
        more, published = self._finish(session, document, item.shown)
        did = ImportAction.PUBLISHED if published else ImportAction.UNCHANGED
        return ImportOutcome(item.shown, did, document.slug, item.problems + more)

    def _same_bytes(self, session: Session, prepared: PreparedSource) -> ImportOutcome | None:
        """Return the warning that a document of another name has these bytes already."""
        if self.order.duplicates or prepared.source.key is None:
            return None
        slug = session.scalar(select(Document.slug).where(Document.source_hash == prepared.hash).limit(1))
        if slug is None:
            return None
        shown = prepared.source.shown
        return ImportOutcome(shown, ImportAction.SKIPPED, slug, (same_bytes(shown, slug),))

    def _refuse_opening(self, session: Session, document: Document | None, prepared: PreparedSource) -> None:
        if document is not None and not self.order.options.may_open:
            numbers = [document.revisions, last_published(session, document) if self.order.publish else 0]
            earlier = get_manuscripts(session, document, numbers)
            refuse_opening(document.slug, prepared.checked.manuscript, earlier)

    def _store(self, session: Session, prepared: PreparedSource) -> ImportOutcome:
        moment = now()
        document = _document_of(session, prepared)
        if document is None and (same := self._same_bytes(session, prepared)):
            return same
        if document is not None and is_latest(session, document, prepared):
            document.source_hash = prepared.hash
            item = ImportOutcome(prepared.source.shown, ImportAction.UNCHANGED, problems=prepared.problems)
            return self._unchanged(session, document, item)
        self._refuse_opening(session, document, prepared)
        did = ImportAction.REVISED if document else ImportAction.ADDED
        document = document or new_document(session, _key_of(prepared), prepared, moment)
        add_revision(session, document, prepared, moment)
        more, _published = self._finish(session, document, prepared.source.shown, prepared)
        return ImportOutcome(prepared.source.shown, did, document.slug, prepared.problems + more)

    def _finish(
        self, session: Session, document: Document, shown: str, prepared: PreparedSource | None = None
    ) -> tuple[tuple[ImportProblem, ...], bool]:
        """Tag, price and publish; what was withdrawn, and a draft, stays so until it is published by name.

        Return what was found, and whether this published anything.
        """
        front = prepared.checked.front if prepared else None
        tag(session, document, (*(front.tags if front else ()), *self.order.options.tags))
        if prepared and prepared.price:
            self.order.on_priced(session, document, prepared.price)
        self.order.on_stored(session, document)
        problems = self._unpaid(session, document, shown, prepared.checked if prepared else None)
        more, published = self._publish(session, document, shown, prepared) if self.order.publish else ((), False)
        if self.order.new_slug:
            told = prepared.checked.front.slug if prepared else ""
            change_slug(session, document, free_slug(session, document.title, document.id, told=told))
        return problems + more, published

    def _publish(
        self, session: Session, document: Document, shown: str, prepared: PreparedSource | None
    ) -> tuple[tuple[ImportProblem, ...], bool]:
        if is_up_to_date(session, document):
            return (), False
        if document.state is State.WITHDRAWN:
            return (withdrawn(shown, document.slug),), False
        checked, options = prepared.checked if prepared else check_latest(session, document), self.order.options
        if problem := held_back(shown, document.slug, checked.front, options.zone, now()):
            return (problem,), False
        return (), publish(session, document, now(), checked, zone=options.zone, may_open=options.may_open)

    def _unpaid(
        self, session: Session, document: Document | None, shown: str, checked: Checked | None
    ) -> tuple[ImportProblem, ...]:
        """Return the warning about a price where nothing is for payers."""
        if checked and checked.manuscript.spans:
            return ()
        if not (checked and checked.front.price) and not self.order.is_priced(session, document):
            return ()
        stored = get_manuscripts(session, document, [document.revisions]) if document and not checked else {}
        manuscripts = [checked.manuscript] if checked else stored.values()
        if any(manuscript.spans for manuscript in manuscripts):
            return ()
        return (priced_without_span(shown),)


def _key_of(prepared: PreparedSource) -> str:
    return prepared.source.key or f"-/{slug_base(prepared.checked.title or '')}"


def _document_of(session: Session, prepared: PreparedSource) -> Document | None:
    return session.scalar(select(Document).where(Document.source_key == _key_of(prepared)))


def _opening(shown: str, error: OpensDocumentError) -> ImportOutcome:
    problem = ImportProblem(shown, 1, 1, FindingCode.OPENS_DOCUMENT, Severity.ERROR, error.args[0])
    return ImportOutcome(shown, ImportAction.REFUSED, problems=(problem,))

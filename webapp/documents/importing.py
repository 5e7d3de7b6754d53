"""Import: sources become documents and revisions, a batch to a transaction, so that a kill loses nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, State
from webapp.documents.paid_share import OpensDocumentError, refuse_opening
from webapp.documents.preparation import (
    ImportProblem,
    Options,
    PreparedSource,
    RefusedSource,
    content_hash,
    prepare,
    read_bytes,
)
from webapp.documents.publishing import add_revision, get_manuscripts, last_published, new_document, publish, tag
from webapp.documents.slugs import slug_base
from webapp.documents.sources import SourceFile, Unreadable
from webapp.kit.clock import now
from webapp.kit.database import Database
from webapp.kit.translatable import _
from webapp.manuscript import Checked, FindingCode, Severity

BATCH_FILES = 50
BATCH_BYTES = 8_000_000


class ImportAction(StrEnum):
    """What import did with a source."""

    ADDED = "added"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    CHECKED = "checked"
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

    `on_stored` runs in the transaction that stores a document (its price is set there); `is_priced` says whether a
    document, which need not be there yet, is sold by itself.
    """

    options: Options = field(default_factory=Options)
    publish: bool = False
    dry_run: bool = False
    on_stored: Callable[[Session, Document], None] = lambda _session, _document: None
    is_priced: Callable[[Session, Document | None], bool] = lambda _session, _document: False


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
            known = _hashes(session, [read.source.key for read in batch if isinstance(read.source, SourceFile)])
        checked = [self._check(read, known) for read in batch]
        if self.order.dry_run:
            with self.database.reading() as session:
                return [self._try(session, item) for item in checked]
        if all(isinstance(item, ImportOutcome) and item.did is ImportAction.REFUSED for item in checked):
            return [item for item in checked if isinstance(item, ImportOutcome)]
        return self.database.write(lambda session: [self._settle(session, item) for item in checked])

    def _check(self, read: _Read, known: dict[str, tuple[str, str]]) -> ImportOutcome | PreparedSource:
        if isinstance(read.data, RefusedSource) or isinstance(read.source, Unreadable):
            refused = read.data if isinstance(read.data, RefusedSource) else RefusedSource(read.source.shown, ())
            return ImportOutcome(refused.shown, ImportAction.REFUSED, problems=refused.problems)
        source, digest = read.source, content_hash(read.data)
        key = source.key
        if key is not None and (clash := self._clash(source, digest)):
            return clash
        if key is not None and known.get(key, ("", ""))[0] == digest:
            return ImportOutcome(source.shown, ImportAction.UNCHANGED, known[key][1])
        prepared = prepare(source, read.data, self.order.options)
        if isinstance(prepared, RefusedSource):
            return ImportOutcome(source.shown, ImportAction.REFUSED, problems=prepared.problems)
        return prepared

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
        try:
            self._refuse_opening(session, document, item)
        except OpensDocumentError as error:
            return _opening(item.source.shown, error)
        priced = self._unpaid(session, document, item.source.shown, item.checked)
        slug = slug_base(item.checked.title or "")
        return ImportOutcome(item.source.shown, ImportAction.CHECKED, slug, item.problems + priced)

    def _settle(self, session: Session, item: ImportOutcome | PreparedSource) -> ImportOutcome:
        """Store a source and finish its document; nothing of one that is refused stays."""
        try:
            with session.begin_nested():
                if isinstance(item, PreparedSource):
                    return self._store(session, item)
                if item.did is ImportAction.UNCHANGED:
                    document = session.scalars(select(Document).where(Document.slug == item.slug)).one()
                    return replace(item, problems=item.problems + self._finish(session, document, item.shown))
                return item
        except OpensDocumentError as error:
            return _opening(item.source.shown if isinstance(item, PreparedSource) else item.shown, error)

    def _refuse_opening(self, session: Session, document: Document | None, prepared: PreparedSource) -> None:
        if document is not None and not self.order.options.may_open:
            numbers = [document.revisions, last_published(session, document) if self.order.publish else 0]
            earlier = get_manuscripts(session, document, numbers)
            refuse_opening(document.slug, prepared.checked.manuscript, earlier)

    def _store(self, session: Session, prepared: PreparedSource) -> ImportOutcome:
        moment = now()
        document = _document_of(session, prepared)
        if document is not None and document.source_hash == prepared.hash:
            problems = prepared.problems + self._finish(session, document, prepared.source.shown)
            return ImportOutcome(prepared.source.shown, ImportAction.UNCHANGED, document.slug, problems)
        self._refuse_opening(session, document, prepared)
        did = ImportAction.REVISED if document else ImportAction.ADDED
        document = document or new_document(session, _key_of(prepared), prepared, moment)
        add_revision(session, document, prepared, moment)
        more = self._finish(session, document, prepared.source.shown, prepared.checked)
        return ImportOutcome(prepared.source.shown, did, document.slug, prepared.problems + more)

    def _finish(
        self, session: Session, document: Document, shown: str, checked: Checked | None = None
    ) -> tuple[ImportProblem, ...]:
        """Tags, prices and publishes; what was withdrawn stays withdrawn until it is published by name."""
        tag(session, document, self.order.options.tags)
        self.order.on_stored(session, document)
        unpaid = self._unpaid(session, document, shown, checked)
        if not self.order.publish:
            return unpaid
        if document.state is State.WITHDRAWN:
            sentence = _(
                "This document is withdrawn and stays so; paidspan publish %(slug)s brings it back.", slug=document.slug
            )
            return (*unpaid, ImportProblem(shown, 1, 1, "withdrawn", Severity.WARNING, sentence))
        publish(session, document, now(), checked, may_open=self.order.options.may_open)
        return unpaid

    def _unpaid(
        self, session: Session, document: Document | None, shown: str, checked: Checked | None
    ) -> tuple[ImportProblem, ...]:
        """Return the warning about a price where nothing is for payers."""
        if not self.order.is_priced(session, document):
            return ()
        stored = get_manuscripts(session, document, [document.revisions]) if document and not checked else {}
        manuscripts = [checked.manuscript] if checked else stored.values()
        if any(manuscript.spans for manuscript in manuscripts):
            return ()
        sentence = _(
            "This document has a price and nothing in it is paid: mark what is for payers, or take the price away."
        )
        return (ImportProblem(shown, 1, 1, FindingCode.PRICE_WITHOUT_SPAN, Severity.WARNING, sentence),)


def _hashes(session: Session, keys: list[str | None]) -> dict[str, tuple[str, str]]:
    rows = session.execute(
        select(Document.source_key, Document.source_hash, Document.slug).where(
            Document.source_key.in_([key for key in keys if key is not None])
        )
    )
    return {str(key): (digest, slug) for key, digest, slug in rows}


def _key_of(prepared: PreparedSource) -> str:
    return prepared.source.key or f"-/{slug_base(prepared.checked.title or '')}"


def _document_of(session: Session, prepared: PreparedSource) -> Document | None:
    return session.scalar(select(Document).where(Document.source_key == _key_of(prepared)))


def _opening(shown: str, error: OpensDocumentError) -> ImportOutcome:
    problem = ImportProblem(shown, 1, 1, FindingCode.OPENS_DOCUMENT, Severity.ERROR, error.args[0])
    return ImportOutcome(shown, ImportAction.REFUSED, problems=(problem,))

"""Import: sources become documents and revisions, a batch to a transaction, so that a kill loses nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, State
from webapp.documents.preparation import (
    ImportProblem,
    Options,
    PreparedSource,
    RefusedSource,
    content_hash,
    prepare,
    read_bytes,
)
from webapp.documents.publishing import add_revision, new_document, publish, tag
from webapp.documents.slugs import slug_base
from webapp.documents.sources import SourceFile, Unreadable
from webapp.kit.clock import now
from webapp.kit.database import Database
from webapp.kit.translatable import _
from webapp.manuscript import Checked, Severity

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
    """What import shall do; `on_stored` runs in the transaction that stores a document (its price is set there)."""

    options: Options = field(default_factory=Options)
    publish: bool = False
    dry_run: bool = False
    on_stored: Callable[[Session, Document], None] = lambda _session, _document: None


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
        if self.order.dry_run or not any(isinstance(item, PreparedSource) or self._rewrites(item) for item in checked):
            return [item if isinstance(item, ImportOutcome) else _checked_only(item) for item in checked]
        return self.database.write(lambda session: [self._settle(session, item) for item in checked])

    def _rewrites(self, item: ImportOutcome | PreparedSource) -> bool:
        """Whether an unchanged source still has something to be done to its document: published, tagged, priced."""
        return isinstance(item, ImportOutcome) and item.did is ImportAction.UNCHANGED

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

    def _settle(self, session: Session, item: ImportOutcome | PreparedSource) -> ImportOutcome:
        if isinstance(item, PreparedSource):
            return self._store(session, item)
        if item.did is ImportAction.UNCHANGED:
            document = session.scalars(select(Document).where(Document.slug == item.slug)).one()
            return replace(item, problems=item.problems + self._finish(session, document, item.shown))
        return item

    def _store(self, session: Session, prepared: PreparedSource) -> ImportOutcome:
        moment = now()
        key = prepared.source.key or f"-/{slug_base(prepared.checked.title or '')}"
        document = session.scalar(select(Document).where(Document.source_key == key))
        if document is not None and document.source_hash == prepared.hash:
            problems = prepared.problems + self._finish(session, document, prepared.source.shown)
            return ImportOutcome(prepared.source.shown, ImportAction.UNCHANGED, document.slug, problems)
        did = ImportAction.REVISED if document else ImportAction.ADDED
        document = document or new_document(session, key, prepared, moment)
        add_revision(session, document, prepared, moment)
        more = self._finish(session, document, prepared.source.shown, prepared.checked)
        return ImportOutcome(prepared.source.shown, did, document.slug, prepared.problems + more)

    def _finish(
        self, session: Session, document: Document, shown: str, checked: Checked | None = None
    ) -> tuple[ImportProblem, ...]:
        """Tags, prices and publishes; what was withdrawn stays withdrawn until it is published by name."""
        tag(session, document, self.order.options.tags)
        self.order.on_stored(session, document)
        if not self.order.publish:
            return ()
        if document.state is State.WITHDRAWN:
            sentence = _(
                "This document is withdrawn and stays so; paidspan publish %(slug)s brings it back.", slug=document.slug
            )
            return (ImportProblem(shown, 1, 1, "withdrawn", Severity.WARNING, sentence),)
        publish(session, document, now(), checked)
        return ()


def _hashes(session: Session, keys: list[str | None]) -> dict[str, tuple[str, str]]:
    rows = session.execute(
        select(Document.source_key, Document.source_hash, Document.slug).where(
            Document.source_key.in_([key for key in keys if key is not None])
        )
    )
    return {str(key): (digest, slug) for key, digest, slug in rows}


def _checked_only(prepared: PreparedSource) -> ImportOutcome:
    return ImportOutcome(
        prepared.source.shown, ImportAction.CHECKED, slug_base(prepared.checked.title or ""), prepared.problems
    )

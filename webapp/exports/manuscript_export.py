"""The library as its publishers wrote it: each manuscript whole, with front matter that brings all else of it back."""

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import unquote

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from webapp.billing.plans import prices_of
from webapp.documents.full_editions import Source, full_changes, full_sources
from webapp.documents.image_records import revision_images
from webapp.documents.image_store import ImageStore
from webapp.documents.models import Document, DocumentTag, FormerSlug, PublicEdition
from webapp.documents.sources import SOURCE_SUFFIXES, STANDARD_INPUT, SourceKind
from webapp.documents.unlock import Ground, Unlock
from webapp.kit.money import Money
from webapp.manuscript import SourceFormat, read_front_matter, write_front_matter
from webapp.manuscript.inline_nodes import name_in_brackets

_BATCH = 100
_SUFFIXES = {SourceFormat.TEXT: ".txt", SourceFormat.MARKDOWN: ".md"}
_LONGEST_NAME = 200  # bytes; file systems take 255
# A name that any system takes and import does not pass over.
_NAME = re.compile(r"(?![. ])[^<>:\"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]+(?<![. ])")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export: its path relative to the folder, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents are exported: all, or those of these slugs, or tags."""

    slugs: Collection[str] = ()
    tags: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a document beside its source."""

    document: Document
    edition: Row[int, str, datetime] | None  # document_id, title and changed_at of the public edition
    tags: tuple[str, ...]
    former_slugs: tuple[str, ...]
    price: Money | None


@dataclass(slots=True)
class ManuscriptExport:
    """One run of export over what one session sees; the files come in order, and the same each time."""

    session: Session
    images: ImageStore
    selection: Selection = Selection()
    _used: set[str] = field(default_factory=set)

    def files(self) -> Iterator[list[ExportedFile]]:
        """Yield the files of each document, its manuscript first; some documents are held at a time."""
        ids = list(self.session.scalars(_selected(self.selection)))
        for start in range(0, len(ids), _BATCH):
            yield from self._batch(ids[start : start + _BATCH])
            self.session.expunge_all()

    def _batch(self, ids: list[int]) -> Iterator[list[ExportedFile]]:
        unlocks = [Unlock(id_, Ground.SYSTEM) for id_ in ids]
        sources, changes = full_sources(self.session, unlocks), full_changes(self.session, unlocks)
        for facts in _facts(self.session, ids):
            source = sources.get(facts.document.id)
            if source is not None:
                changed = changes.get(facts.document.id) if facts.edition else None
                text = _completed(facts, source, changed)
                name = self._name(facts.document, source.format)
                yield [ExportedFile(name, text.encode()), *self._pictures(name, source)]

    def _pictures(self, name: str, source: Source) -> Iterator[ExportedFile]:
        """Yield the pictures that stood beside a manuscript, under the addresses that it gives."""
        for address, image in sorted(revision_images(self.session, source.revision_id).items()):
            path = _path_beside(name, address)
            data = self.images.read(image.name) if path else None
            if path and data is not None and path.casefold() not in self._used:
                self._used.add(path.casefold())
                yield ExportedFile(path, data)

    def _name(self, document: Document, fmt: SourceFormat) -> str:
        """Return the path that a document was imported from, or its slug where that is none for a new folder."""
        key, suffix = document.source_key or "", _SUFFIXES[fmt]
        path = PurePosixPath(key)
        if not _is_safe(path):
            path = PurePosixPath(_shortened(document.slug) + suffix)
        elif SOURCE_SUFFIXES.get(path.suffix.lower()) != SourceKind(fmt):
            path = path.with_name(_shortened(path.stem) + suffix)
        name = next(name for name in _numbered(path) if name.casefold() not in self._used)
        self._used.add(name.casefold())
        return name


def _completed(facts: _Facts, source: Source, paid_change: datetime | None) -> str:
    """Return a source whose front matter says all that it does not say itself."""
    front, _findings = read_front_matter(source.text)
    document, edition = facts.document, facts.edition
    known = replace(
        front,
        title=edition.title if edition else document.title,
        slug=document.slug,
        tags=facts.tags,
        draft=edition is None,
        price=str(facts.price.amount) if facts.price else "",
        currency=facts.price.currency if facts.price else "",
        aliases=facts.former_slugs,
        guid=document.feed_id or "",
    )
    if edition:
        known = replace(
            known,
            published_at=document.published_at,
            updated_at=edition.changed_at,
            paid_updated_at=paid_change if paid_change != edition.changed_at else None,
        )
    return write_front_matter(known) + source.text[front.body :]


def _path_beside(name: str, address: str) -> str | None:
    """Return the path in the folder to which a relative address leads from a manuscript, None for any other."""
    if address.startswith("/") or "//" in address or "\\" in address:
        return None
    named = unquote(name_in_brackets(address) or address)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), named))
    return path if _is_safe(PurePosixPath(path)) else None


def _is_safe(path: PurePosixPath) -> bool:
    """Return whether a path leads into a new folder, by names that any system takes."""
    names = path.parts
    return (
        bool(names)
        and names[0] != STANDARD_INPUT
        and all(_NAME.fullmatch(name) and len(name.encode()) <= _LONGEST_NAME for name in names)
    )


def _shortened(name: str) -> str:
    return name.encode()[: _LONGEST_NAME - len(".md")].decode(errors="ignore")


def _numbered(path: PurePosixPath) -> Iterator[str]:
    """Yield a path and then `name-2`, `name-3` and so on."""
    yield path.as_posix()
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}").as_posix() for number in count(2))


def _selected(selection: Selection) -> Select[int]:
    query = select(Document.id).order_by(Document.id)
    if selection.slugs:
        query = query.where(Document.slug.in_(list(selection.slugs)))
    if selection.tags:
        tagged = select(DocumentTag.document_id).where(DocumentTag.tag.in_(list(selection.tags)))
        query = query.where(Document.id.in_(tagged))
    return query


def _facts(session: Session, ids: list[int]) -> Iterator[_Facts]:
    documents = {row.id: row for row in session.scalars(select(Document).where(Document.id.in_(ids)))}
    published = select(PublicEdition.document_id, PublicEdition.title, PublicEdition.changed_at)
    editions = {row.document_id: row for row in session.execute(published.where(PublicEdition.document_id.in_(ids)))}
    tags = session.scalars(select(DocumentTag).where(DocumentTag.document_id.in_(ids)).order_by(DocumentTag.tag)).all()
    slugs = session.scalars(select(FormerSlug).where(FormerSlug.document_id.in_(ids)).order_by(FormerSlug.slug)).all()
    prices = prices_of(session, ids)
    for id_ in ids:
        own = tuple(row.tag for row in tags if row.document_id == id_)
        former = tuple(row.slug for row in slugs if row.document_id == id_)
        yield _Facts(documents[id_], editions.get(id_), own, former, prices.get(id_))

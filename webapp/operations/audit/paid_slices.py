"""What only payers may read: all of its slices, in memory that does not grow with the library."""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import cpu_count, get_context

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.full_editions import full_html, full_texts
from webapp.documents.models import Document, PublicEdition, State
from webapp.documents.unlock import Ground, Unlock
from webapp.kit.database import Database
from webapp.manuscript.block_json import read_blocks
from webapp.manuscript.block_walk import inline_runs, walk
from webapp.manuscript.blocks import Holder, Link, Run
from webapp.operations.audit.edition_images import NO_EDITION_IMAGES, read_images
from webapp.operations.audit.slices import slices

_BATCH = 100
_BITS = 2**29  # 64 MB; of twenty million slices, one in some thirty others looks like one of them


class PaidSlices:
    """A set of slices that may take another for one of its own, but never the other way round (a Bloom filter)."""

    def __init__(self, bits: int = _BITS) -> None:
        self._mask = bits - 1
        self._field = bytearray(bits // 8)
        self.count = 0

    def add(self, found: Collection[str]) -> None:
        """Add slices."""
        field, mask = self._field, self._mask
        for one in found:
            place = hash(one) & mask
            field[place >> 3] |= 1 << (place & 7)
        self.count += len(found)

    def join(self, other: "PaidSlices") -> None:
        """Add all of another set of the same size."""
        both = int.from_bytes(self._field, "little") | int.from_bytes(other._field, "little")  # noqa: SLF001 - its own kind
        self._field = bytearray(both.to_bytes(len(self._field), "little"))
        self.count += other.count

    def suspects(self, found: Iterable[str]) -> set[str]:
        """Return those slices that are in the set, and by chance some others."""
        field, mask = self._field, self._mask
        return {one for one in found if field[(place := hash(one) & mask) >> 3] >> (place & 7) & 1}


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a published document, by the texts that everything else is made from."""

    id: int
    slug: str
    public: str
    full: str
    public_images: tuple[str, ...] = ()
    paid_images: tuple[str, ...] = ()  # that no public edition shows

    @property
    def paid_only(self) -> set[str]:
        """The slices of its full text that its public side does not hold."""
        public_lines = set(self.public.splitlines())
        others = [line for line in self.full.splitlines() if line not in public_lines]
        return slices("\n".join(others)) - slices(self.public)


def gather(database_url: str, ids: list[int]) -> PaidSlices:
    """Return all slices that only payers may read, gathered by as many processes as there are cores.

    The processes are forked, so that strings hash alike in all of them.
    """
    shares = max(1, min(cpu_count(), len(ids) // _BATCH))
    parts = [ids[len(ids) * share // shares : len(ids) * (share + 1) // shares] for share in range(shares)]
    with ProcessPoolExecutor(shares, mp_context=get_context("fork")) as pool:
        first, *others = pool.map(partial(_gathered, database_url), parts)
    for other in others:
        first.join(other)
    return first


def _gathered(database_url: str, ids: list[int]) -> PaidSlices:
    paid, database = PaidSlices(), Database(database_url)
    for sides in sides_of(database, ids):
        paid.add(sides.paid_only)
    database.close()
    return paid


def published_ids(session: Session) -> list[int]:
    """Return the keys of everything published."""
    return list(session.scalars(select(Document.id).where(Document.state == State.PUBLISHED).order_by(Document.id)))


def sides_of(database: Database, ids: list[int]) -> Iterator[Sides]:
    """Return both sides of published documents, some at a time."""
    for start in range(0, len(ids), _BATCH):
        with database.reading() as session:
            yield from _sides(session, ids[start : start + _BATCH])


def _addresses(tree: str | None) -> Iterator[str]:
    """Yield where the links of a public edition lead: no text, but public wherever it is named."""
    for block in walk(read_blocks(tree or "[]")):
        for run in inline_runs(block):
            yield from (link.href for link in _links(run))


def _links(run: Run) -> Iterator[Link]:
    for node in run:
        if isinstance(node, Link):
            yield node
        if isinstance(node, Holder):
            yield from _links(node.children)


def _sides(session: Session, ids: list[int]) -> Iterator[Sides]:
    columns = (Document.id, Document.slug, PublicEdition.title, PublicEdition.summary, PublicEdition.text)
    query = select(*columns, PublicEdition.tree, PublicEdition.gate_rows).join(Document.edition)
    rows = session.execute(query.where(Document.id.in_(ids))).all()
    rights = [Unlock(row.id, Ground.SYSTEM) for row in rows if row.gate_rows]
    full = full_texts(session, rights)

    def full_html_of(illustrated: set[int]) -> dict[int, str]:
        return full_html(session, [right for right in rights if right.document_id in illustrated])

    images = read_images(session, ids, full_html_of)
    for row in rows:
        shown = images.get(row.id, NO_EDITION_IMAGES)
        # A preview shows what stands before a gate and after it, but never in one line.
        public = "\n".join((row.title, row.summary, row.text, *_addresses(row.tree), shown.public_words))
        whole = "\n".join((full.get(row.id, row.text), shown.full_words))
        yield Sides(row.id, row.slug, public, whole, shown.public, shown.paid)

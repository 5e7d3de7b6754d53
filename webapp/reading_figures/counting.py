"""From what was counted to rows: each period that a moment lies in has its sum, so that no list adds up days."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.documents.models import Document, FormerSlug, PublicEdition, State
from webapp.kit.table_base import Base
from webapp.reading_figures.models import PERIOD_LENGTH, DocumentReadingCount, LibraryReadingCount, ReadingKind
from webapp.reading_figures.tally import Batch, ReadingKey

DAYS_KEPT = 400
_AT_ONCE = 500  # documents that are asked about
_ROWS_AT_ONCE = 1000
_GATE_ADDRESS = re.compile(r"/d/(?P<slug>[^/?#]+)(?:\?[^#]*)?(?:#gate-(?P<gate>[0-9]{1,4}))?")
_T = TypeVar("_T")


def periods_of(moment: datetime, zone: ZoneInfo) -> tuple[str, str, str]:
    """Return the day, the month and the year of a moment by the publisher's calendar."""
    day = moment.astimezone(zone).date().isoformat()
    return day, day[:7], day[:4]


def store_batch(session: Session, batch: Batch, now: datetime, zone: ZoneInfo) -> None:
    """Add what was counted to what is stored; what is about no document or gate of ours is left out."""
    known = _known_documents(session, batch)
    counts: Batch = Counter()
    for key, count in batch.items():
        found = known.get(key.document)
        if found is not None and (key.kind is not ReadingKind.GATE or key.gate <= found.gates):
            counts[key._replace(document=found.id)] += count
    _add_counts(session, counts, periods_of(now, zone))


def count_at_gate(session: Session, kind: ReadingKind, landing: str, moment: datetime, zone: ZoneInfo) -> None:
    """Count an order, or that it was paid, where its reader came from a gate: that is where they land again."""
    found = _GATE_ADDRESS.fullmatch(landing)
    document = _find_document(session, unquote(found["slug"])) if found else None
    if found is None or document is None:
        return
    gate = int(found["gate"] or 0)
    counts = Counter({ReadingKey(document.id, kind): 1})
    if 0 < gate <= document.gates:
        counts[ReadingKey(document.id, kind, gate)] = 1
    _add_counts(session, counts, periods_of(moment, zone))


def delete_old_days(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Forget how it was on days of long ago; their months stay."""
    first, _month, _year = periods_of(now - timedelta(days=DAYS_KEPT), zone)
    for table in (DocumentReadingCount, LibraryReadingCount):
        session.execute(delete(table).where(table.period < first, func.length(table.period) == PERIOD_LENGTH))


class _Known(NamedTuple):
    """A document that there is, and how many gates it has; none where nobody asks about them."""

    id: int
    gates: int = 0


def _known_documents(session: Session, batch: Batch) -> dict[int | str, _Known]:
    ids = sorted({key.document for key in batch if isinstance(key.document, int)})
    slugs = sorted({key.document for key in batch if isinstance(key.document, str)})
    known: dict[int | str, _Known] = {}
    for some in _in_parts(ids, _AT_ONCE):
        for id_ in session.scalars(select(Document.id).where(Document.id.in_(some))):
            known[id_] = _Known(id_)
    for named in _in_parts(slugs, _AT_ONCE):
        for row in session.execute(_with_gates().where(Document.slug.in_(named))):
            known[row.slug] = _Known(row.id, len(row.gate_rows))
    return known


def _with_gates() -> Select[str, int, list[list[object]]]:
    query = select(Document.slug, Document.id, PublicEdition.gate_rows)
    return query.join(PublicEdition, PublicEdition.document_id == Document.id).where(Document.state == State.PUBLISHED)


def _find_document(session: Session, slug: str) -> _Known | None:
    former = select(FormerSlug.document_id).where(FormerSlug.slug == slug)
    row = session.execute(_with_gates().where((Document.slug == slug) | Document.id.in_(former)).limit(1)).first()
    return None if row is None else _Known(row.id, len(row.gate_rows))


def _add_counts(session: Session, counts: Batch, periods: Iterable[str]) -> None:
    """Add counts of documents, each known by its number, in each of the periods, and to those of the library."""
    every = tuple(periods)
    library: Counter[tuple[ReadingKind, str]] = Counter()
    rows = []
    for (document_id, kind, gate, site), count in sorted(counts.items()):
        found = {"document_id": document_id, "kind": kind, "gate": gate, "site": site, "count": count}
        rows += [{"period": period, **found} for period in every]
        if gate == 0:
            library[kind, site] += count
    _upsert(session, DocumentReadingCount, rows)
    of_all = [
        {"period": period, "kind": kind, "site": site, "count": count}
        for (kind, site), count in sorted(library.items())
        for period in every
    ]
    _upsert(session, LibraryReadingCount, of_all)


def _upsert(session: Session, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    connection, table = session.connection(), kind.__table__
    assert isinstance(table, Table)
    insert = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    added = {"count": table.c.count + insert.excluded.count}
    statement = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
    for some in _in_parts(rows, _ROWS_AT_ONCE):
        connection.execute(statement, some)


def _in_parts(all_: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for begin in range(0, len(all_), size):
        yield all_[begin : begin + size]

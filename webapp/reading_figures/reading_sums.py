"""How documents were read in a period, from the sums that are stored of it: no page adds up what many rows hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, func, literal_column, select
from sqlalchemy.orm import Session, aliased

from webapp.documents.models import Document
from webapp.reading_figures.counting import periods_of
from webapp.reading_figures.models import DocumentReadingCount, LibraryReadingCount, ReadingKind

MOST_SITES_SHOWN = 15
Counts = Mapping[ReadingKind, int]
AT_GATES = (ReadingKind.GATE, ReadingKind.CHECKOUT, ReadingKind.PAID)


@dataclass(frozen=True, slots=True)
class GateFigures:
    """What became of one gate: how often it was seen, and how many began to buy there, and paid."""

    number: int
    seen: int
    checkouts: int
    paid: int


@dataclass(frozen=True, slots=True)
class SiteFigure:
    """How many pages were come to from a site, counted as what they showed."""

    site: str
    count: int


def recent_periods(now: datetime, zone: ZoneInfo) -> list[str]:
    """Return the periods that are looked at: today, yesterday, the last twelve months, this year and the last."""
    today = now.astimezone(zone).date()
    months = [
        date(today.year - (today.month - 1 - back < 0), (today.month - 1 - back) % 12 + 1, 1) for back in range(12)
    ]
    days = [today.isoformat(), (today - timedelta(days=1)).isoformat()]
    return [*days, *(f"{month:%Y-%m}" for month in months), str(today.year), str(today.year - 1)]


def last_days(now: datetime, zone: ZoneInfo, count: int) -> list[str]:
    """Return the last days by the publisher's calendar, the oldest first."""
    return [periods_of(now - timedelta(days=back), zone)[0] for back in reversed(range(count))]


def library_counts(session: Session, period: str) -> Counts:
    """Return how often each thing happened in a period, whatever the document."""
    query = select(LibraryReadingCount.kind, LibraryReadingCount.count)
    rows = session.execute(query.where(LibraryReadingCount.period == period, LibraryReadingCount.site == ""))
    return _complete(rows)


def document_counts(session: Session, document_id: int, period: str) -> Counts:
    """Return how often each thing happened with a document in a period."""
    query = select(DocumentReadingCount.kind, DocumentReadingCount.count).where(*_whole(DocumentReadingCount))
    mine = (DocumentReadingCount.document_id == document_id, DocumentReadingCount.period == period)
    return _complete(session.execute(query.where(*mine)))


def counts_of_days(session: Session, days: list[str], document_id: int | None = None) -> list[tuple[str, Counts]]:
    """Return how often each thing happened on each of some days, of all documents or of one."""
    found: defaultdict[str, dict[ReadingKind, int]] = defaultdict(dict)
    if document_id is None:
        library = LibraryReadingCount
        query = select(library.period, library.kind, library.count).where(library.period.in_(days), library.site == "")
    else:
        one = DocumentReadingCount
        query = select(one.period, one.kind, one.count).where(*_whole(one), one.document_id == document_id)
        query = query.where(one.period.in_(days))
    for day, kind, count in session.execute(query):
        found[day][kind] = count
    return [(day, _complete(found[day].items())) for day in days]


def gate_figures(session: Session, document_id: int, period: str, gates: int) -> list[GateFigures]:
    """Return what became of each gate that a document has now, or had when it was counted."""
    table = DocumentReadingCount
    mine = (table.document_id == document_id, table.period == period, table.kind.in_(AT_GATES), table.gate > 0)
    found: defaultdict[int, dict[ReadingKind, int]] = defaultdict(dict)
    for gate, kind, count in session.execute(select(table.gate, table.kind, table.count).where(*mine)):
        found[gate][kind] = count
    numbers = range(1, max(gates, *found, 0) + 1)
    return [GateFigures(number, *(found[number].get(kind, 0) for kind in AT_GATES)) for number in numbers]


def library_sites(session: Session, period: str) -> list[SiteFigure]:
    """Return from where previews were come to, the most frequent first."""
    table = LibraryReadingCount
    mine = (table.period == period, table.kind == ReadingKind.PREVIEW, table.site != "")
    query = select(table.site, table.count).where(*mine).order_by(table.count.desc())
    return [SiteFigure(*row) for row in session.execute(query.limit(MOST_SITES_SHOWN))]


def document_sites(session: Session, document_id: int, period: str) -> list[SiteFigure]:
    """Return from where a document was come to, its preview or all of it, the most frequent first."""
    table = DocumentReadingCount
    total = func.sum(table.count)
    mine = (table.document_id == document_id, table.period == period, table.site != "")
    query = select(table.site, total).where(*mine).group_by(table.site).order_by(total.desc(), table.site)
    return [SiteFigure(*row) for row in session.execute(query.limit(MOST_SITES_SHOWN))]


def ranked_documents(period: str, by: ReadingKind) -> Any:  # noqa: ANN401 - a Select of many columns
    """Return the query for the documents with which something happened in a period: id, slug, title, and each count.

    It is ordered by `DocumentReadingCount.count`, the count of the kind that they are ranked by.
    """
    ranked = DocumentReadingCount
    counts = (_count_of(kind, period) for kind in ReadingKind)
    query = select(Document.id, Document.slug, Document.title, *counts)
    query = query.join(ranked, ranked.document_id == Document.id)
    return query.where(ranked.period == period, ranked.kind == by, *_whole(ranked))


def _count_of(kind: ReadingKind, period: str) -> ScalarSelect[int]:
    one = aliased(DocumentReadingCount)
    mine = (one.document_id == Document.id, one.period == period, one.kind == kind, one.gate == 0, one.site == "")
    return select(one.count).where(*mine).scalar_subquery()


def _whole(table: type[DocumentReadingCount]) -> tuple[ColumnElement[bool], ...]:
    """Return the condition for sums; in words that an index on them alone is recognized by."""
    return table.gate == literal_column("0"), table.site == literal_column("''")


def _complete(rows: Iterable[Any]) -> Counts:
    return dict.fromkeys(ReadingKind, 0) | {row[0]: row[1] for row in rows}

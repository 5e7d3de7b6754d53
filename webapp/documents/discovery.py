"""Ways to a document beside the catalogue: its tags, its year, and its relatives; asked of the public side alone."""

from collections import ChainMap, Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nlargest
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.documents.latest_of_tags import Relative, latest_of_tag
from webapp.documents.models import Document, DocumentTag, State

YEARS = range(1000, 9999)  # that calendars and time zones can reckon with


@dataclass(frozen=True, slots=True)
class Counted:
    """A tag or a year, and how many published documents it has."""

    name: str
    documents: int


def tags_in_use(session: Session) -> list[Counted]:
    """Return the tags of published documents, the most used first."""
    documents = func.count().label("documents")
    query = (
        select(DocumentTag.tag, documents)
        .join(Document, Document.id == DocumentTag.document_id)
        .where(Document.state == State.PUBLISHED)
        .group_by(DocumentTag.tag)
        .order_by(documents.desc(), DocumentTag.tag)
    )
    return [Counted(tag, count) for tag, count in session.execute(query)]


def year_span(year: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the moments at which a year begins and ends in a zone, in UTC."""
    begins, ends = (datetime(one, 1, 1, tzinfo=zone).astimezone(UTC) for one in (year, year + 1))
    return begins, ends


def years_in_use(session: Session, zone: ZoneInfo) -> list[Counted]:
    """Return the years in which something published came out, the latest first; each counted along an index."""
    first = session.scalar(_moments().order_by(Document.published_at).limit(1))
    last = session.scalar(_moments().order_by(Document.published_at.desc()).limit(1))
    if first is None or last is None:
        return []
    years = range(last.astimezone(zone).year, first.astimezone(zone).year - 1, -1)
    counted = [Counted(str(year), _published_between(session, *year_span(year, zone))) for year in years]
    return [year for year in counted if year.documents]


def _moments() -> Select[datetime | None]:
    return select(Document.published_at).where(Document.state == State.PUBLISHED)


def _published_between(session: Session, begins: datetime, ends: datetime) -> int:
    within = (Document.published_at >= begins, Document.published_at < ends)
    return session.scalar(select(func.count()).where(Document.state == State.PUBLISHED, *within)) or 0


def related_to(session: Session, document: Document, limit: int = 4) -> list[Relative]:
    """Return the published documents that share most tags with one (its tags loaded), the latest of equals first."""
    if not document.tags:
        return []
    latest = latest_of_tag(session)
    lists = [latest(row.tag) for row in document.tags]
    shared = Counter(chain.from_iterable(lists))
    del shared[document.id]
    nearest = nlargest(limit, ((count, id_) for id_, count in shared.items()))
    relatives = ChainMap(*lists)
    return [relatives[id_] for _count, id_ in nearest]

"""Ways to a document beside the catalogue: its tags, its year, and its relatives; asked of the public side alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.manuscript import short_title

YEARS = range(1000, 9999)  # that calendars and time zones can reckon with
_LOOKED_AT = 50  # per tag, the latest; a tag of everything would tell nothing

# Written once, since they are asked for every page.
_LATEST_OF_TAG = (
    select(DocumentTag.document_id)
    .where(DocumentTag.tag == bindparam("tag"))
    .order_by(DocumentTag.document_id.desc())
    .limit(_LOOKED_AT)
)
_NAMED = (
    select(Document.id, Document.slug, Document.title, PublicEdition.language, Document.published_at)
    .join(Document.edition)
    .where(Document.id.in_(bindparam("ids", expanding=True)), Document.state == State.PUBLISHED)
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A tag or a year, and how many published documents it has."""

    name: str
    documents: int


@dataclass(frozen=True, slots=True)
class Relative:
    """A published document as another one mentions it."""

    slug: str
    title: str
    language: str
    published_at: datetime

    @property
    def listed_title(self) -> str:
        """Its title, cut where it is long."""
        return short_title(self.title, self.language)


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
    shared: Counter[int] = Counter()
    for row in document.tags:
        shared.update(session.scalars(_LATEST_OF_TAG, {"tag": row.tag}))
    del shared[document.id]
    # More than wanted, for some may be withdrawn.
    nearest = sorted(shared, key=lambda id_: (shared[id_], id_), reverse=True)[: limit * 3]
    if not nearest:
        return []
    relatives = {
        id_: Relative(slug, title, language, published_at)
        for id_, slug, title, language, published_at in session.execute(_NAMED, {"ids": nearest})
        if published_at is not None
    }
    return [relatives[id_] for id_ in nearest if id_ in relatives][:limit]

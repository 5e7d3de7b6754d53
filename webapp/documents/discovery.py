"""Ways to a document beside the catalogue: its tags, its year, and its relatives; asked of the public side alone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from webapp.documents.models import Document, DocumentTag, PublicEdition, State
from webapp.kit.prepared_query import PreparedQuery
from webapp.manuscript import short_title

YEARS = range(1000, 9999)  # that calendars and time zones can reckon with
_LOOKED_AT = 50  # per tag, the latest; a tag of everything would tell nothing

_MORE_THAN_SHOWN = 12  # some may be withdrawn


def _related(query: Select[Any]) -> Select[Any]:
    """Return the query for documents that share most tags with one, the latest of equals first."""
    own, other, of_tag = aliased(DocumentTag), aliased(DocumentTag), aliased(DocumentTag)
    latest = (
        select(of_tag.document_id)
        .where(of_tag.tag == own.tag)
        .correlate(own)
        .order_by(of_tag.document_id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    earliest = select(func.min(latest.c.document_id)).correlate(own).scalar_subquery()
    shared = func.count()
    nearest = (
        select(other.document_id.label("id"), shared.label("shared"))
        .join_from(own, other, (other.tag == own.tag) & (other.document_id >= earliest))
        .where(own.document_id == bindparam("document"), other.document_id != bindparam("document"))
        .group_by(other.document_id)
        .order_by(shared.desc(), other.document_id.desc())
        .limit(_MORE_THAN_SHOWN)
        .subquery()
    )
    return (
        query.add_columns(Document.slug, Document.title, PublicEdition.language, Document.published_at)
        .join_from(nearest, Document, Document.id == nearest.c.id)
        .join(PublicEdition, PublicEdition.document_id == Document.id)
        .where(Document.state == State.PUBLISHED, Document.published_at.is_not(None))
        .order_by(nearest.c.shared.desc(), nearest.c.id.desc())
        .limit(bindparam("limit"))
    )


_RELATED = PreparedQuery((), _related)


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
    if not document.tags:
        return []
    return [Relative(*row) for row in _RELATED.rows(session, document=document.id, limit=limit)]

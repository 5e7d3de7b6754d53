"""The sitemap (sitemaps.org): an index, and parts that hold what is published under 50,000 keys each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, PublicEdition, State

PART = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """A document's place in the sitemap."""

    slug: str
    updated_at: datetime


def parts(session: Session) -> range:
    """Return the numbers of the parts there are; there is always a first."""
    last = session.scalar(select(func.max(Document.id))) or 1
    return range(1, (last - 1) // PART + 2)


def places(session: Session, part: int) -> Iterator[Place]:
    """Return the published documents of a part, in the order of their keys."""
    first = (part - 1) * PART
    query = (
        select(Document.slug, PublicEdition.updated_at)
        .join(PublicEdition, PublicEdition.document_id == Document.id)
        .where(Document.id > first, Document.id <= first + PART, Document.state == State.PUBLISHED)
        .order_by(Document.id)
    )
    return (Place(*row) for row in session.execute(query))

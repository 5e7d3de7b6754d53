"""The sitemap (sitemaps.org): an index, and parts that hold what is published under 5,000 keys each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.documents.models import Document, PublicEdition, State

SITEMAP_PART_SIZE = 5_000


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A document's place in the sitemap."""

    slug: str
    updated_at: datetime


def sitemap_parts(session: Session) -> range:
    """Return the numbers of the parts there are; there is always a first."""
    last = session.scalar(select(func.max(Document.id))) or 1
    return range(1, (last - 1) // SITEMAP_PART_SIZE + 2)


def sitemap_entries(session: Session, part: int) -> Iterator[SitemapEntry]:
    """Return the published documents of a part, in the order of their keys."""
    first = (part - 1) * SITEMAP_PART_SIZE
    query = (
        select(Document.slug, PublicEdition.changed_at)
        .join(PublicEdition, PublicEdition.document_id == Document.id)
        .where(Document.id > first, Document.id <= first + SITEMAP_PART_SIZE, Document.state == State.PUBLISHED)
        .order_by(Document.id)
    )
    return (SitemapEntry(*row) for row in session.execute(query))

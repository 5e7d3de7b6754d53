"""Which documents there are already of the sources that an import brings, and as what these were read."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.models import Document
from webapp.documents.publishing import stored_sources
from webapp.manuscript import SourceFormat


@dataclass(frozen=True, slots=True)
class ImportedSource:
    """A document that has the name of a source; as what it was read only where that may have changed."""

    hash: str
    slug: str
    stored: tuple[str, SourceFormat] | None = None


def imported_sources(session: Session, keys: list[str], *, with_texts: bool) -> dict[str, ImportedSource]:
    """Return the documents of sources, by these sources' names."""
    columns = (Document.source_key, Document.source_hash, Document.slug)
    rows = session.execute(select(*columns).where(Document.source_key.in_(keys))).all()
    stored = stored_sources(session, keys) if with_texts else {}
    return {str(key): ImportedSource(digest, slug, stored.get(str(key))) for key, digest, slug in rows}

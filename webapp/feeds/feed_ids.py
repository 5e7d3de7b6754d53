"""What feed readers know entries by is made once; those of before it was stored keep the address they had."""

from urllib.parse import quote

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.documents.models import Document

_UNKEPT = select(Document.id, Document.slug).where(Document.feed_id.is_(None), Document.published_at.is_not(None))


def keep_feed_ids(session: Session, base_url: str) -> int:
    """Write down the address by which feeds know each document so far; return how many there were."""
    kept = [{"id": id_, "feed_id": f"{base_url}/d/{quote(slug)}"} for id_, slug in session.execute(_UNKEPT)]
    if kept:
        session.execute(update(Document), kept)
    return len(kept)

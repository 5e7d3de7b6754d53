"""A document's name in its address: made of the title, Chinese kept, no dots."""

import re
import unicodedata

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.models import SLUG_LENGTH, Document

_SEPARATORS = re.compile(r"[\W_]+")
_LONGEST_BASE = SLUG_LENGTH - 40  # leaves room for the number that keeps two apart


# river-freight, 2025-年度报告
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def slug_base(title: str) -> str:
    """Return the slug that a title asks for: letters and digits of any script, joined by hyphens."""
    folded = unicodedata.normalize("NFKC", title).lower()
    return _SEPARATORS.sub("-", folded).strip("-")[:_LONGEST_BASE].strip("-") or "document"


def is_slug(text: str) -> bool:
    """Return whether a text can be a document's name in its address as it is."""
    return len(text) <= SLUG_LENGTH and bool(_SLUG.fullmatch(text))


def free_slug(session: Session, title: str, own_id: int | None = None, *, told: str = "") -> str:
    """Return the title's slug, or the one `told`, or the first of `-2`, `-3`, … that no other document has."""
    base = told if is_slug(told) else slug_base(told or title)
    taken = _taken(session, base, own_id)
    if base not in taken:
        return base
    return next(name for number in range(2, len(taken) + 3) if (name := f"{base}-{number}") not in taken)


def _taken(session: Session, base: str, own_id: int | None) -> set[str]:
    # A range on the unique index: all names that begin like this one.
    ends = base + "\U0010ffff"
    others = (Document.slug >= base, Document.slug < ends, Document.id != (own_id or 0))
    return set(session.scalars(select(Document.slug).where(*others)))

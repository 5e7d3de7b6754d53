"""A document's name in its address: made of the title, Chinese kept, no dots."""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader, Role
from webapp.documents.models import SLUG_LENGTH, Document, FormerSlug
from webapp.kit.table_base import Base

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


def is_free(session: Session, slug: str, own_id: int) -> bool:
    """Whether no other document has a slug, or once had it."""
    return slug not in _taken(session, slug, own_id)


def _taken(session: Session, base: str, own_id: int | None) -> set[str]:
    # A range on the unique index: all names that begin like this one.
    ends = base + "\U0010ffff"
    own = own_id or 0
    present = select(Document.slug).where(Document.slug >= base, Document.slug < ends, Document.id != own)
    former = select(FormerSlug.slug).where(
        FormerSlug.slug >= base, FormerSlug.slug < ends, FormerSlug.document_id != own
    )
    return set(session.scalars(present.union(former)))


def follow_title(session: Session, document: Document, before: str) -> None:
    """Have the slug follow a title that changed, as long as it was made of the one before and nobody has read it."""
    if document.title != before and _is_made_of(document.slug, before) and not was_read(session, document):
        change_slug(session, document, free_slug(session, document.title, document.id))


def change_slug(session: Session, document: Document, slug: str) -> None:
    """Give a document a slug that is free; where it was published, the one before leads to it from now on."""
    if slug == document.slug:
        return
    session.execute(delete(FormerSlug).where(FormerSlug.slug == slug))  # its own, since it is free
    if document.published_at is not None:
        session.add(FormerSlug(slug=document.slug, document_id=document.id))
    document.slug = slug
    session.flush()


def add_former_slugs(session: Session, document: Document, names: Iterable[str]) -> None:
    """Have other names lead to a document, too; a name that a document has, or had, stays with that one."""
    for name in dict.fromkeys(name if is_slug(name) else slug_base(name) for name in names):
        is_taken = session.scalar(select(Document.id).where(Document.slug == name)) is not None
        if not is_taken and session.get(FormerSlug, name) is None:
            session.add(FormerSlug(slug=name, document_id=document.id))
            session.flush()


def was_read(session: Session, document: Document) -> bool:
    """Whether a reader has anything of a document: a position, a bookmark, a note, a purchase, a grant.

    Asked of every table that refers to both; visitors leave nothing, and who publishes is none of the readers.
    """
    for table in Base.metadata.tables.values():
        refers = {key.column.table.name: key.parent for key in table.foreign_keys}
        if {"readers", "documents"} <= refers.keys():
            has = select(Reader.id).join(table, refers["readers"] == Reader.id)
            theirs = has.where(refers["documents"] == document.id, Reader.role == Role.READER)
            if session.scalar(theirs.limit(1)) is not None:
                return True
    return False


def _is_made_of(slug: str, title: str) -> bool:
    base = slug_base(title)
    return slug == base or bool(re.fullmatch(rf"{re.escape(base)}-\d+", slug))

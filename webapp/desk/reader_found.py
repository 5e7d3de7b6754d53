"""A reader as the desk's pages about them need them: who it is, and what each page asks first."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.login import signed_in_reader
from webapp.accounts.looked_after import refuse_beyond
from webapp.accounts.models import Reader
from webapp.documents.models import Document
from webapp.kit.errors import NotFoundError
from webapp.kit.translatable import _


def reader_of_page(session: Session, number: int) -> Reader:
    """Return the account that a page is about; raise NotFoundError."""
    reader = session.get(Reader, number)
    if reader is None:
        raise NotFoundError(_("There is no such reader."), _("Look for them in the list of readers."))
    return reader


def reader_looked_after(session: Session, number: int) -> Reader:
    """Return the account, where who is signed in may end or merge it; raise NotFoundError, ForbiddenError."""
    reader = reader_of_page(session, number)
    refuse_beyond(signed_in_reader(), reader)
    return reader


def titles_of(session: Session, document_ids: Iterable[int]) -> dict[int, str]:
    """Return the titles of some documents."""
    rows = session.execute(select(Document.id, Document.title).where(Document.id.in_(sorted(document_ids))))
    return {id_: title for id_, title in rows}  # noqa: C416 - rows are no pairs to the type checker

"""Whose library is shown: a reader, and what they may open at which moment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_

from webapp.access.current_standing import current_standing
from webapp.access.policy import Standing, kept_after_withdrawal
from webapp.accounts.login import signed_in_reader
from webapp.documents.models import Document, State
from webapp.kit import clock


@dataclass(frozen=True, slots=True)
class LibraryOwner:
    """Whose shelf it is, and what they may read at which moment."""

    reader_id: int
    standing: Standing
    now: datetime

    @property
    def may_open(self) -> ColumnElement[bool]:
        """Which documents they may open: what is published, and what they keep beyond that."""
        kept = kept_after_withdrawal(self.standing, self.now)
        if kept.everything:
            return Document.published_at.is_not(None)
        return or_(Document.state == State.PUBLISHED, Document.id.in_(sorted(kept.documents)))


def current_owner() -> LibraryOwner:
    """Return whose shelf is asked for, in a view for who is signed in."""
    reader, standing = signed_in_reader(), current_standing()
    assert standing is not None
    return LibraryOwner(reader.id, standing, clock.now())

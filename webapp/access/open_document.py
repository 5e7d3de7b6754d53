"""A document as somebody may read it: the preview or all of it, for pages and programs alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.access.policy import Preview, Reason, Standing, access_ends, decide, outlives_withdrawal, shown_as_staff
from webapp.documents.catalogue import current_slug, find_document
from webapp.documents.full_editions import Edition, read_full
from webapp.documents.models import Document, State
from webapp.kit.errors import MovedError, NotFoundError, WithdrawnError
from webapp.kit.translatable import _

Asker = Callable[[], Standing | None]


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """What somebody reads of a document; `reason` says why it is only the preview, None when it is all of it.

    `ends_at` says when a right to all of it ends by itself, None where it does not.
    """

    document: Document
    edition: Edition
    reason: Reason | None = None
    as_staff: bool = False
    ends_at: datetime | None = None

    @property
    def for_everybody(self) -> bool:
        """Whether nothing in the document is for payers."""
        return self.reason is None and self.edition is self.document.edition


def open_document(session: Session, slug: str, asker: Asker, now: datetime) -> OpenedDocument:
    """Return what who asks may read of a document; `asker` is asked for their standing only where it matters.

    Raise NotFoundError, MovedError for a former slug, and WithdrawnError to who has not bought it.
    """
    found = find_document(session, slug)
    if found is None and (now_called := current_slug(session, slug)) != slug:
        raise MovedError(now_called)
    if found is None or found.published_at is None:
        raise NotFoundError(_("There is no such document."))
    if found.edition is not None and not found.edition.gates:
        return OpenedDocument(found, found.edition)
    standing = asker()
    decision = decide(standing, found.id, now)
    if isinstance(decision, Preview):
        if found.edition is None:
            raise WithdrawnError
        return OpenedDocument(found, found.edition, reason=decision.reason)
    if found.state is State.WITHDRAWN and not outlives_withdrawal(decision):
        raise WithdrawnError
    return OpenedDocument(
        found,
        read_full(session, decision),
        as_staff=shown_as_staff(decision),
        ends_at=access_ends(standing, found.id, now),
    )

"""Links by which colleagues see a draft: as a visitor or as a subscriber would, until a day, or until they are revoked.

The token is shown once and kept as a hash. What it leads to is the draft as it is when somebody looks, for as long as
whoever made the link works for the house.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.accounts.models import Reader
from webapp.documents.models import Document, State
from webapp.documents.slugs import OF_STAFF
from webapp.kit import randomness
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError, PaidspanError, WithdrawnError
from webapp.kit.table_base import Base, enum_column
from webapp.kit.translatable import _

LINK_NAME_LENGTH = 60
MOST_LINKS = 50  # that are open, of one document
DAYS = (1, 7, 30, 90)
_TOKEN_BYTES = 24
_LISTED = 100
SEEN_EVERY = timedelta(minutes=1)  # how exactly it is told when a link was last used


class DraftSide(StrEnum):
    """As whom a link shows a draft."""

    VISITOR = "visitor"
    SUBSCRIBER = "subscriber"


class SharedDraft(Base):
    """One link to the draft of one document."""

    __tablename__ = "shared_drafts"
    __table_args__ = (Index("ix_shared_drafts_document_id", "document_id", "id"), OF_STAFF)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    side: Mapped[DraftSide] = mapped_column(enum_column(DraftSide))
    name: Mapped[str] = mapped_column(String(LINK_NAME_LENGTH))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    def is_open(self, now: datetime) -> bool:
        """Whether it still leads anywhere."""
        return self.revoked_at is None and now < self.expires_at


class EndedLinkError(PaidspanError):
    """A link to a draft was revoked, or its time is over."""

    status = 410
    hint = _("Ask whoever sent it to you for a new one.")

    def __init__(self) -> None:
        super().__init__(_("This link to a draft has ended."))


@dataclass(frozen=True, slots=True)
class NewLink:
    """Who shall see a draft as whom, and for how many days."""

    side: DraftSide
    days: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link that was just made: its row, and the token, which is not kept."""

    row: SharedDraft
    token: str


def share_draft(session: Session, document: Document, new: NewLink, reader_id: int, now: datetime) -> MadeLink:
    """Make a link; raise InvalidInputError for a name or a time that cannot be, ConflictError where there are too many.

    A document that is withdrawn has none: what was taken away is not handed out by another door.
    """
    name = " ".join(new.name.split())
    if len(name) > LINK_NAME_LENGTH:
        raise InvalidInputError(_("This name is longer than 60 characters."), _("Name whom it is for."))
    if new.days not in DAYS:
        raise InvalidInputError(_("A link is good for 1, 7, 30 or 90 days."), _("Choose one of these."))
    if document.state is State.WITHDRAWN:
        raise ConflictError(_("A withdrawn document has no links."), _("Publish it again first."))
    open_ones = [link for link in list_shared_drafts(session, document.id) if link.is_open(now)]
    if len(open_ones) >= MOST_LINKS:
        raise ConflictError(_("This document has 50 links already."), _("Revoke one that nobody needs."))
    token = randomness.token(_TOKEN_BYTES)
    row = SharedDraft(
        document_id=document.id,
        side=new.side,
        name=name,
        token_hash=_hash(token),
        created_at=now,
        created_by=reader_id,
        expires_at=now + timedelta(days=new.days),
    )
    session.add(row)
    session.flush()
    return MadeLink(row, token)


def list_shared_drafts(session: Session, document_id: int) -> list[SharedDraft]:
    """Return the links to a document's draft, the latest first, those that have ended among them."""
    query = select(SharedDraft).where(SharedDraft.document_id == document_id).order_by(SharedDraft.id.desc())
    return list(session.scalars(query.limit(_LISTED)))


def revoke_shared_draft(session: Session, document_id: int, link_id: int, now: datetime) -> bool:
    """Have a link lead nowhere from now on; return whether it still led anywhere."""
    link = session.get(SharedDraft, link_id)
    if link is None or link.document_id != document_id or not link.is_open(now):
        return False
    link.revoked_at = now
    return True


def open_shared_draft(session: Session, token: str, now: datetime) -> tuple[SharedDraft, Document]:
    """Return the link that a token is, with its document.

    Raise NotFoundError for a token that was never one, EndedLinkError, and WithdrawnError for a document that is.
    """
    query = select(SharedDraft, Document, Reader).join(Document, Document.id == SharedDraft.document_id)
    query = query.outerjoin(Reader, Reader.id == SharedDraft.created_by)
    found = session.execute(query.where(SharedDraft.token_hash == _hash(token))).one_or_none()
    if found is None:
        raise NotFoundError(_("There is no such link to a draft."), _("Look whether its address is whole."))
    link, document, maker = found
    if not link.is_open(now) or maker is None or not maker.staff or maker.disabled_at is not None:
        raise EndedLinkError
    if document.state is State.WITHDRAWN:
        raise WithdrawnError
    return link, document


def note_use(session: Session, link_id: int, now: datetime) -> None:
    """Keep when a link was used; whoever asks does so once a minute."""
    session.execute(update(SharedDraft).where(SharedDraft.id == link_id).values(last_used_at=now))


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()

"""Tokens that are mailed as links: each for one purpose of one account, used once, for its time, kept as a hash."""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from math import ceil

from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from webapp.accounts.email_addresses import EmailAddress
from webapp.accounts.models import Reader
from webapp.kit import randomness
from webapp.kit.errors import LinkOfAnotherError, UnusableLinkError
from webapp.kit.table_base import Base, enum_column

VALID_FOR = timedelta(minutes=30)
# Between a link and the next of its kind, the more were mailed in a day without being used. A longer gap than the last
# would leave too little of the half hour to who finds the link that is there already.
GAPS = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 5, 15, 20))
_COUNTED_FOR = timedelta(days=1)


class Purpose(StrEnum):
    """What a link is for; it is good for nothing else."""

    RECOVER = "recover"
    SIGN_IN = "sign-in"
    CONFIRM = "confirm"
    CHANGE_ADDRESS = "change-address"  # mailed to the new address, which the token names
    SIGN_UP = "sign-up"  # of no reader yet: mailed to the address that the token names
    UNDO_CHANGE = "undo-change"  # mailed to the address that an account had, which the token names


_VALID_LONGER = {Purpose.UNDO_CHANGE: timedelta(days=7)}
# A new password ends all but this: who took an account over can give it one, and its owner must get it back.
ENDED_BY_PASSWORD = tuple(purpose for purpose in Purpose if purpose is not Purpose.UNDO_CHANGE)


class MailedToken(Base):
    """One token. Without a reader it makes one, or it is a decoy, written where an address has no account."""

    __tablename__ = "mailed_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    email: Mapped[str | None] = mapped_column(
        String(254)
    )  # the address that it is about, where it is not the account's
    email_key: Mapped[str | None] = mapped_column(String(300), index=True)
    reader: Mapped[Reader] = relationship(lazy="raise")


def make_mailed_token(
    session: Session, reader: Reader | None, purpose: Purpose, now: datetime, about: EmailAddress | None = None
) -> str:
    """Return a new token, of which only the hash is kept; those that nothing is known by any more are deleted."""
    session.execute(delete(MailedToken).where(MailedToken.expires_at <= now - _COUNTED_FOR))
    token = randomness.token()
    session.add(
        MailedToken(
            reader_id=reader.id if reader else None,
            purpose=purpose,
            token_hash=hash_token(token),
            created_at=now,
            expires_at=now + _VALID_LONGER.get(purpose, VALID_FOR),
            email=about.written if about else None,
            email_key=about.key if about else None,
        )
    )
    return token


def get_mailed_token(
    session: Session, purpose: Purpose, token: str, signed_in: int | None, now: datetime
) -> MailedToken:
    """Return a token that can be used, with its reader.

    Raise UnusableLinkError when it opens nothing (any more), LinkOfAnotherError when somebody else is signed in here.
    """
    found = _find(session, purpose, token, now)
    if signed_in not in {None, found.reader_id}:
        raise LinkOfAnotherError
    return found


def seconds_to_next_link(session: Session, reader: Reader | None, purpose: Purpose, now: datetime) -> int:
    """Return how long it is until another link may be mailed to an account for a purpose; the same work for nobody.

    The more went unused in a day, the longer. Whoever uses one begins anew.
    """
    mailed = select(func.count(), func.max(MailedToken.created_at)).where(
        MailedToken.reader_id == (reader.id if reader else 0),
        MailedToken.purpose == purpose,
        MailedToken.used_at.is_(None),
        MailedToken.created_at > now - _COUNTED_FOR,
    )
    count, latest = session.execute(mailed).one()
    if not count:
        return 0
    wait = latest + GAPS[min(count, len(GAPS) - 1)] - now
    return max(0, ceil(wait.total_seconds()))


def use_mailed_token(session: Session, purpose: Purpose, token: str, signed_in: int | None, now: datetime) -> Reader:
    """Use a token up, and with it all others of its purpose; return its reader, and raise as `get_mailed_token`."""
    found = get_mailed_token(session, purpose, token, signed_in, now)
    found.used_at = now
    void_mailed_tokens(session, found.reader, purpose)
    return found.reader


def void_mailed_tokens(session: Session, reader: Reader, *purposes: Purpose) -> None:
    """Make a reader's tokens void, those of the purposes or all."""
    unused = delete(MailedToken).where(MailedToken.reader_id == reader.id, MailedToken.used_at.is_(None))
    session.execute(unused.where(MailedToken.purpose.in_(purposes or Purpose)))


def _find(session: Session, purpose: Purpose, token: str, now: datetime) -> MailedToken:
    found = session.scalar(
        select(MailedToken)
        .join(MailedToken.reader)
        .options(contains_eager(MailedToken.reader))
        .where(
            MailedToken.token_hash == hash_token(token),
            MailedToken.purpose == purpose,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
            Reader.disabled_at.is_(None),
        )
    )
    if found is None:
        raise UnusableLinkError
    return found


def hash_token(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode(errors="replace")).hexdigest()

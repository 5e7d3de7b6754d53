"""Tokens: a reader's own key for a program or a feed reader, shown once, kept as a hash, revoked by deleting it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import JSON, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from webapp.accounts.models import Reader
from webapp.kit import randomness
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.table_base import Base
from webapp.kit.translatable import _

NAME_LENGTH = 60
MOST_TOKENS = 50
_PREFIX = "paidspan_"  # so that a token in a log or a repository is known for what it is


class Scope(StrEnum):
    """What a token may be used for."""

    DOCUMENTS = "documents"  # read what its reader may read
    ACCOUNT = "account"  # who its reader is, and what they hold
    CHECKOUT = "checkout"  # begin an order for its reader
    FEED = "feed"  # the private feed, whose address holds the token


class AccessToken(Base):
    """One token of one reader."""

    __tablename__ = "access_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    scope_words: Mapped[list[str]] = mapped_column("scopes", JSON)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    reader: Mapped[Reader] = relationship(lazy="raise")

    @property
    def scopes(self) -> frozenset[Scope]:
        """What it may be used for."""
        return frozenset(Scope(word) for word in self.scope_words)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made: its row, and the secret, which is not kept."""

    row: AccessToken
    secret: str


def make_token(session: Session, reader_id: int, name: str, scopes: frozenset[Scope], now: datetime) -> NewToken:
    """Make a token; raise InvalidInputError without a name or a scope, ConflictError when there are too many."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise InvalidInputError(_("A token needs a name of up to 60 characters."), _("Name what it is for."))
    if not scopes:
        raise InvalidInputError(_("A token needs something it may do."), _("Please choose at least one."))
    if len(list_tokens(session, reader_id)) >= MOST_TOKENS:
        raise ConflictError(_("You already have 50 tokens."), _("Revoke one that you no longer use."))
    secret = _PREFIX + randomness.token(20)
    row = AccessToken(
        reader_id=reader_id,
        name=name,
        scope_words=sorted(scopes),
        token_hash=_hashed(secret),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return NewToken(row, secret)


def list_tokens(session: Session, reader_id: int) -> list[AccessToken]:
    """Return a reader's tokens, the latest first."""
    held = select(AccessToken).where(AccessToken.reader_id == reader_id)
    return list(session.scalars(held.order_by(AccessToken.id.desc())))


def revoke_token(session: Session, reader_id: int, token_id: int) -> bool:
    """Take a reader's token back; return whether there was one."""
    gone = delete(AccessToken).where(AccessToken.id == token_id, AccessToken.reader_id == reader_id)
    return bool(session.execute(gone.returning(AccessToken.id)).all())


def revoke_all_tokens(session: Session, reader_id: int) -> None:
    """Take all tokens of a reader back."""
    session.execute(delete(AccessToken).where(AccessToken.reader_id == reader_id))


def get_token(session: Session, secret: str) -> AccessToken | None:
    """Return the token that a secret is, with its reader; None where it was revoked or never made."""
    return session.scalar(
        select(AccessToken)
        .join(AccessToken.reader)
        .options(contains_eager(AccessToken.reader))
        .where(AccessToken.token_hash == _hashed(secret))
    )


def record_use(session: Session, token_id: int, now: datetime) -> None:
    """Keep when a token was used; whoever asks does so once a day."""
    session.execute(update(AccessToken).where(AccessToken.id == token_id).values(last_used_at=now))


def _hashed(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()

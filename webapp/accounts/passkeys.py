"""Passkeys (Web Authentication, level 3): keys of devices that sign in without a password, and count as both factors.

Each is discoverable and asks its owner for a finger, a face or a PIN (user verification). What it signs is a challenge
that was made for one browser, works once and for five minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from webapp.accounts.models import Reader
from webapp.accounts.second_factor import drop_second_factor
from webapp.kit import randomness
from webapp.kit.errors import InvalidInputError
from webapp.kit.table_base import Base
from webapp.kit.translatable import _

CHALLENGE_FOR = timedelta(minutes=5)
MOST_PASSKEYS = 20
PASSKEY_NAME_LENGTH = 60
_CHALLENGE_BYTES = 32


class Passkey(Base):
    """One passkey of one account. All of an account share its `user_handle`, which says nothing of the account."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(PASSKEY_NAME_LENGTH))
    user_handle: Mapped[bytes] = mapped_column(LargeBinary(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    synced: Mapped[bool]  # it may be on several devices (backup eligibility), which its maker says once and for all
    backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    reader: Mapped[Reader] = relationship(lazy="raise")


class PasskeyChallenge(Base):
    """One challenge that was not answered yet."""

    __tablename__ = "passkey_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What a browser answers to a challenge of ours: as JSON, for which host, sent from which origin."""

    challenge: bytes
    credential: str
    host: str
    origin: str
    now: datetime


def make_challenge(session: Session, now: datetime) -> bytes:
    """Return a new challenge; those that have expired are deleted."""
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    challenge = randomness.random_bytes(_CHALLENGE_BYTES)
    session.add(PasskeyChallenge(challenge_hash=_hashed(challenge), expires_at=now + CHALLENGE_FOR))
    return challenge


def use_challenge(session: Session, challenge: bytes, now: datetime) -> bool:
    """Use a challenge up, in a transaction of its own: whatever comes of its answer, it works once."""
    fresh = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == _hashed(challenge), PasskeyChallenge.expires_at > now
    )
    return bool(session.execute(fresh.returning(PasskeyChallenge.challenge_hash)).all())


def list_passkeys(session: Session, reader_id: int) -> list[Passkey]:
    """Return the passkeys of an account, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.reader_id == reader_id).order_by(Passkey.id)))


def remove_passkey(session: Session, reader_id: int, passkey_id: int) -> bool:
    """Forget a passkey of an account; return whether there was one."""
    gone = delete(Passkey).where(Passkey.id == passkey_id, Passkey.reader_id == reader_id)
    return bool(session.execute(gone.returning(Passkey.id)).all())


def drop_factors(session: Session, reader_id: int, since: datetime | None = None) -> bool:
    """Take second factor and passkeys of an account away, or only those set `since`; return whether there were any."""
    dropped = drop_second_factor(session, reader_id, since)
    gone = delete(Passkey).where(Passkey.reader_id == reader_id).returning(Passkey.id)
    passkeys = session.scalars(gone.where(Passkey.created_at >= since) if since else gone).all()
    return dropped or bool(passkeys)


def passkey_refusal() -> InvalidInputError:
    """Return what is said of an answer that is not right; why it is not is nobody's business."""
    return InvalidInputError(_("The passkey could not be used."), _("Please try once more, or sign in in another way."))


def _hashed(challenge: bytes) -> str:
    return sha256(challenge).hexdigest()

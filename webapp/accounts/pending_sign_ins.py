"""Between the first factor and the second: the password or the link was right, and nothing is open yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from webapp.accounts.authentication import OpenedDevice, open_device
from webapp.accounts.models import Reader
from webapp.accounts.second_factor import SecondFactor, TypedCode, Verdict, check_code, has_second_factor
from webapp.kit import randomness
from webapp.kit.secret_box import SecretBox
from webapp.kit.table_base import Base

PENDING_FOR = timedelta(minutes=10)


class PendingSignIn(Base):
    """One browser that waits for its second factor."""

    __tablename__ = "pending_sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    password_mark: Mapped[str] = mapped_column(String(64))  # another password since then makes it void
    remember: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    reader: Mapped[Reader] = relationship(lazy="raise")


@dataclass(frozen=True, slots=True)
class FactorPending:
    """A sign-in that waits for its second factor: the token for its cookie, kept here only as a hash."""

    token: str


@dataclass(frozen=True, slots=True)
class FactorTried:
    """What became of a code: the device where it was right, and whether it stays signed in."""

    verdict: Verdict
    opened: OpenedDevice | None = None
    remember: bool = False


def open_or_wait(
    session: Session, reader: Reader, user_agent: str, *, remember: bool, now: datetime
) -> OpenedDevice | FactorPending:
    """Sign a browser in, or have it wait for the second factor where the account has one."""
    if not has_second_factor(session, reader.id):
        return open_device(session, reader, user_agent, now)
    session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at <= now))
    token = randomness.token()
    session.add(
        PendingSignIn(
            reader_id=reader.id,
            token_hash=_hashed(token),
            password_mark=_hashed(reader.password_hash),
            remember=remember,
            expires_at=now + PENDING_FOR,
        )
    )
    return FactorPending(token)


def find_pending(session: Session, token: str, now: datetime) -> PendingSignIn | None:
    """Return the sign-in that waits under this token; None where it is too late, or made void."""
    found = session.scalar(
        select(PendingSignIn)
        .join(PendingSignIn.reader)
        .join(SecondFactor, SecondFactor.reader_id == Reader.id)
        .options(contains_eager(PendingSignIn.reader))
        .where(PendingSignIn.token_hash == _hashed(token), PendingSignIn.expires_at > now)
        .where(Reader.disabled_at.is_(None))
    )
    return found if found and found.password_mark == _hashed(found.reader.password_hash) else None


def try_second_factor(
    session: Session, pending: PendingSignIn, attempt: TypedCode, box: SecretBox, user_agent: str
) -> FactorTried:
    """Sign a browser in with its second factor; a wrong one is counted, and the browser goes on waiting."""
    reader = pending.reader
    verdict = check_code(session, reader, attempt, box)
    if verdict is not Verdict.RIGHT:
        return FactorTried(verdict)
    session.delete(pending)
    return FactorTried(verdict, open_device(session, reader, user_agent, attempt.now), pending.remember)


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()

"""Recovery codes: ten of them stand in for an authenticator app that is lost. Each works once; hashes are kept."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.accounts.totp import bare_code
from webapp.kit import randomness
from webapp.kit.table_base import Base

COUNT = 10
# 32 letters and digits, without those that are taken for one another, so that each stands for five bits.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH, _GROUP = 16, 4  # 80 bits: none is guessed, and no hash is undone


class RecoveryCode(Base):
    """One code of one account."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None]


def make_recovery_codes(session: Session, reader_id: int) -> list[str]:
    """Return new codes, as they are shown this once; those of before no longer work."""
    drop_recovery_codes(session, reader_id)
    codes = ["".join(_LETTERS[byte % len(_LETTERS)] for byte in randomness.random_bytes(_LENGTH)) for _ in range(COUNT)]
    session.add_all(RecoveryCode(reader_id=reader_id, code_hash=_hashed(code)) for code in codes)
    return ["-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)) for code in codes]


def is_recovery_code(typed: str) -> bool:
    """Whether what was typed has the form of a recovery code."""
    return len(bare_code(typed)) == _LENGTH


def use_recovery_code(session: Session, reader_id: int, typed: str, now: datetime) -> bool:
    """Use a code up; return whether it is one of this account that was not used before."""
    unused = update(RecoveryCode).where(
        RecoveryCode.reader_id == reader_id,
        RecoveryCode.code_hash == _hashed(bare_code(typed)),
        RecoveryCode.used_at.is_(None),
    )
    return bool(session.execute(unused.values(used_at=now).returning(RecoveryCode.id)).all())


def count_recovery_codes(session: Session, reader_id: int) -> int:
    """Return how many codes of an account are left."""
    left = select(func.count()).where(RecoveryCode.reader_id == reader_id, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def drop_recovery_codes(session: Session, reader_id: int) -> None:
    """Delete all codes of an account."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.reader_id == reader_id))


def _hashed(code: str) -> str:
    return sha256(code.encode()).hexdigest()

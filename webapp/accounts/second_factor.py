"""The second factor: a code that is asked for after the password (docs/decisions/0074).

A stranger who knows the password can try codes, and must neither guess one nor keep the owner out. So wrong codes of an
account are counted wherever they come from, and codes of its app then have to wait; recovery codes, which nobody
guesses, never do. A right code ends the count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.accounts.models import Reader
from webapp.accounts.recovery_codes import (
    count_recovery_codes,
    drop_recovery_codes,
    is_recovery_code,
    make_recovery_codes,
    use_recovery_code,
)
from webapp.accounts.totp import bare_code, matching_step
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import ConflictError, InvalidInputError, PaidspanError, TooManyTriesError
from webapp.kit.randomness import uuid
from webapp.kit.secret_box import SecretBox
from webapp.kit.table_base import Base
from webapp.kit.translatable import _

WRONG_AT_ONCE = 10
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=4)


class SecondFactor(Base):
    """The authenticator app of one account."""

    __tablename__ = "second_factors"

    reader_id: Mapped[int] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    last_step: Mapped[int]  # of the code that was used last
    wrong_codes: Mapped[int] = mapped_column(default=0)  # since the last right one
    waits_until: Mapped[datetime | None]


class FactorChange(StrEnum):
    """What the owner of an account is told by mail."""

    SET = "set"
    REMOVED = "removed"
    RESET = "reset"
    RENEWED = "renewed"
    RECOVERY_CODE = "recovery-code"
    MANY_WRONG = "many-wrong"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    PASSKEY_COPIED = "passkey-copied"


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code as it was typed, at the moment `at` of the machine; `now` and `locale` as elsewhere."""

    typed: str
    at: datetime
    now: datetime
    locale: str


class Verdict(StrEnum):
    """What became of a code that was typed."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"


def has_second_factor(session: Session, reader_id: int) -> bool:
    """Whether an account is asked for a second factor."""
    return session.scalar(select(SecondFactor.reader_id).where(SecondFactor.reader_id == reader_id)) is not None


def get_second_factor(session: Session, reader_id: int) -> SecondFactor | None:
    """Return the authenticator app of an account; None where it has none."""
    return session.get(SecondFactor, reader_id)


def set_second_factor(session: Session, reader: Reader, sealed_secret: str, step: int, now: datetime) -> list[str]:
    """Give an account an authenticator app that has just shown the code of `step`; return its recovery codes.

    Raise ConflictError where it has one.
    """
    if get_second_factor(session, reader.id) is not None:
        raise ConflictError(_("Your account has an authenticator app already."), _("Remove that one first."))
    session.add(SecondFactor(reader_id=reader.id, sealed_secret=sealed_secret, created_at=now, last_step=step))
    return make_recovery_codes(session, reader.id)


def drop_second_factor(session: Session, reader_id: int, since: datetime | None = None) -> bool:
    """Take the authenticator app and the recovery codes of an account away, or only one that was set `since`.

    Return whether there was one.
    """
    factor = get_second_factor(session, reader_id)
    if factor is None or (since and factor.created_at < since):
        return False
    drop_recovery_codes(session, reader_id)
    session.delete(factor)
    session.flush()
    return True


def check_code(session: Session, reader: Reader, attempt: TypedCode, box: SecretBox) -> Verdict:
    """Use up a code of the app or a recovery code, or count a wrong one; the owner is told of what is unusual."""
    # Locked, so that of two requests with one code the second sees what the first has used.
    factor = session.get_one(SecondFactor, reader.id, with_for_update=True)
    if is_recovery_code(attempt.typed):
        return _check_recovery_code(session, reader, factor, attempt)
    if factor.waits_until and factor.waits_until > attempt.now:
        return Verdict.WAIT
    secret = box.open(factor.sealed_secret)
    step = matching_step(secret, bare_code(attempt.typed), attempt.at, factor.last_step) if secret else None
    if step is None:
        _count_wrong_code(session, reader, factor, attempt)
        return Verdict.WRONG
    factor.last_step, factor.wrong_codes, factor.waits_until = step, 0, None
    return Verdict.RIGHT


def code_refusal(session: Session, reader_id: int, verdict: Verdict, now: datetime) -> PaidspanError:
    """Return what is said about a code that is not right."""
    factor = get_second_factor(session, reader_id)
    if verdict is Verdict.WAIT and factor and factor.waits_until:
        return TooManyTriesError(max(1, round((factor.waits_until - now).total_seconds())))
    return InvalidInputError(
        _("This code is not right, or was used already."),
        _("Wait for the next code from your app, or use another recovery code."),
    )


def tell_change(
    session: Session, reader: Reader, change: FactorChange, locale: str, now: datetime, left: int = 0
) -> None:
    """Tell the owner of an account what changed, and how many recovery codes are `left`; of many wrong codes daily."""
    about = f"{reader.id}:{now:%Y-%m-%d}" if change is FactorChange.MANY_WRONG else uuid()
    content = {"change": change.value, "changed_at": now, "left": left}
    enqueue_email(
        session, Email(f"second_factor:{change}:{about}", "second_factor", reader.email, locale, content), now
    )


def _check_recovery_code(session: Session, reader: Reader, factor: SecondFactor, attempt: TypedCode) -> Verdict:
    if not use_recovery_code(session, reader.id, attempt.typed, attempt.now):
        return Verdict.WRONG
    factor.wrong_codes, factor.waits_until = 0, None
    left = count_recovery_codes(session, reader.id)
    tell_change(session, reader, FactorChange.RECOVERY_CODE, attempt.locale, attempt.now, left=left)
    return Verdict.RIGHT


def _count_wrong_code(session: Session, reader: Reader, factor: SecondFactor, attempt: TypedCode) -> None:
    factor.wrong_codes += 1
    rounds, more = divmod(factor.wrong_codes, WRONG_AT_ONCE)
    if not more:
        factor.waits_until = attempt.now + min(_FIRST_WAIT * 2 ** min(rounds - 1, 8), _LONGEST_WAIT)
        tell_change(session, reader, FactorChange.MANY_WRONG, attempt.locale, attempt.now)

"""Accounts that are being closed, and what is left of them: a row that names nobody, for bookkeeping to refer to."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader, Role
from webapp.accounts.passwords import verify_password
from webapp.accounts.reclaiming import end_access
from webapp.accounts.registration import disable_reader
from webapp.kit.errors import ConflictError, WrongPasswordError
from webapp.kit.translatable import _


def check_password(reader: Reader, password: str) -> None:
    """Raise WrongPasswordError when this is not the password of the account."""
    if not verify_password(reader.password_hash, password):
        raise WrongPasswordError


def mark_closing(session: Session, reader: Reader, now: datetime) -> None:
    """Shut an account, so that nobody gets into it any more; raise ConflictError for the only publisher's."""
    if reader.role is Role.PUBLISHER and _is_only_publisher(session, reader):
        raise ConflictError(
            _("This is the only publisher's account."),
            _("Make another one first: paidspan user add … --role publisher"),
        )
    reader.closing_at = reader.closing_at or now
    disable_reader(session, reader, now)
    end_access(session, reader)


def erase_reader(reader: Reader, now: datetime) -> None:
    """Take out of an account's row all that is about a person; its address can sign up anew."""
    reader.email, reader.email_key = f"closed-{reader.id}", f"closed {reader.id}"
    reader.password_hash, reader.look, reader.role = "", "", Role.READER
    reader.email_confirmed_at, reader.must_change_password = None, False
    reader.terms_version, reader.terms_accepted_at = "", None
    reader.closing_at, reader.disabled_at = reader.closing_at or now, reader.disabled_at or now
    reader.erased_at = now


def list_closing(session: Session) -> list[int]:
    """Return the accounts that are to be erased as soon as nothing of theirs runs at Stripe, the oldest first."""
    waiting = select(Reader.id).where(Reader.closing_at.is_not(None), Reader.erased_at.is_(None))
    return list(session.scalars(waiting.order_by(Reader.closing_at)))


def _is_only_publisher(session: Session, reader: Reader) -> bool:
    others = select(func.count()).where(Reader.role == Role.PUBLISHER, Reader.id != reader.id)
    return not session.scalar(others.where(Reader.disabled_at.is_(None)))

"""Whose an address is: the account's that has it, or for a week the account's that left it and can take it back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.mailed_tokens import MailedToken, Purpose
from webapp.accounts.models import Reader


def holder_of_address(session: Session, email_key: str, now: datetime, *, besides: int = 0) -> str | None:
    """Return where to write to whoever has an address, None where nobody has it but the account `besides`.

    Empty for an account that is disabled, which is written to no more. Both places are looked into, whatever is found.
    """
    of_account = session.scalar(select(Reader).where(Reader.email_key == email_key, Reader.id != besides))
    left = select(MailedToken.email).where(
        MailedToken.purpose == Purpose.UNDO_CHANGE,
        MailedToken.email_key == email_key,
        MailedToken.reader_id != besides,
        MailedToken.used_at.is_(None),
        MailedToken.expires_at > now,
    )
    left_by_account = session.scalar(left.limit(1))
    if of_account is None:
        return left_by_account
    return of_account.email if of_account.disabled_at is None else ""


def list_left_addresses(session: Session, reader_id: int) -> list[str]:
    """Return the addresses that an account had and may still take back."""
    left = select(MailedToken.email).where(
        MailedToken.reader_id == reader_id, MailedToken.purpose == Purpose.UNDO_CHANGE, MailedToken.email.is_not(None)
    )
    return [email for email in session.scalars(left) if email]

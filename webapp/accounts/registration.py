"""How an account comes to be, and how it is changed by the publisher's own hands."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.email_addresses import parse_email
from webapp.accounts.held_addresses import holder_of_address
from webapp.accounts.mailed_tokens import void_mailed_tokens
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.passwords import check_new_password, hash_password
from webapp.kit.errors import ConflictError, NotFoundError
from webapp.kit.translatable import _


def find_reader(session: Session, email: str) -> Reader | None:
    """Return the account of an address, however it is written; raise InvalidInputError when it is none."""
    return session.scalar(select(Reader).where(Reader.email_key == parse_email(email).key))


def get_reader(session: Session, email: str) -> Reader:
    """Return the account of an address; raise NotFoundError when there is none."""
    reader = find_reader(session, email)
    if reader is None:
        raise NotFoundError(
            _("No account has the address %(email)s.", email=email), _("paidspan user list shows all of them.")
        )
    return reader


def publisher_addresses(session: Session) -> list[str]:
    """Return where the publishers are written to."""
    publishers = select(Reader.email).where(Reader.role == Role.PUBLISHER, Reader.disabled_at.is_(None))
    return list(session.scalars(publishers))


def register(
    session: Session, email: str, password: str, *, role: Role = Role.READER, now: datetime, one_time: bool = False
) -> Reader:
    """Make an account; `one_time` has the password changed at the first sign-in.

    Raise InvalidInputError for a bad address or password, ConflictError when the address is taken.
    """
    address = parse_email(email)
    check_new_password(password, address.written)
    hashed = hash_password(password)
    if holder_of_address(session, address.key, now) is not None:
        raise ConflictError(_("This address already has an account."), _("Sign in with it, or use another address."))
    reader = Reader(
        email=address.written,
        email_key=address.key,
        password_hash=hashed,
        role=role,
        created_at=now,
        must_change_password=one_time,
    )
    session.add(reader)
    session.flush()
    return reader


def disable_reader(session: Session, reader: Reader, now: datetime) -> None:
    """Take an account out of use, sign it out everywhere and make the links void that were mailed to it."""
    reader.disabled_at = reader.disabled_at or now
    void_mailed_tokens(session, reader)
    for device in session.scalars(select(Device).where(Device.reader_id == reader.id)):
        session.delete(device)


def confirm_email(reader: Reader, now: datetime) -> None:
    """Mark the address of an account as its owner's."""
    reader.email_confirmed_at = reader.email_confirmed_at or now

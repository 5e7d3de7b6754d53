"""Signing in and out: the password check and the devices that stay signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from webapp.accounts.email_addresses import email_key
from webapp.accounts.mailed_tokens import ENDED_BY_PASSWORD, void_mailed_tokens
from webapp.accounts.models import Device, Reader
from webapp.accounts.passwords import check_new_password, hash_password, needs_rehash, verify_password
from webapp.accounts.reader_versions import ReaderVersion
from webapp.kit import randomness
from webapp.kit.errors import InvalidInputError, WrongPasswordError
from webapp.kit.prepared_query import PreparedQuery
from webapp.kit.translatable import _

REMEMBER_FOR = timedelta(days=60)
_BY_TOKEN = PreparedQuery(
    (Device, Reader),
    lambda query: (
        query.add_columns(ReaderVersion.version)
        .join_from(Device, Reader, Device.reader_id == Reader.id)
        .outerjoin(ReaderVersion, ReaderVersion.reader_id == Reader.id)
        .where(
            Device.token_hash == bindparam("token"), Device.expires_at > bindparam("now"), Reader.closing_at.is_(None)
        )
    ),
)


class FoundDevice(NamedTuple):
    """A device with its reader, and the version that the reader was of when it was read."""

    device: Device
    reader_version: int | None


@dataclass(frozen=True, slots=True)
class OpenedDevice:
    """A device that was just signed in: the token for its cookie, kept here only as a hash."""

    token: str
    reader: Reader
    user_agent: str

    @property
    def token_hash(self) -> str:
        """What is kept of the token."""
        return _hashed(self.token)


def authenticate(session: Session, email: str, password: str) -> Reader | None:
    """Return whose address and password these are; the same work for a known and an unknown address."""
    reader = session.scalar(select(Reader).where(Reader.email_key == email_key(email)))
    fits = verify_password(reader.password_hash if reader else None, password)
    return reader if reader and fits and reader.closing_at is None else None


def open_device(session: Session, reader: Reader, user_agent: str, now: datetime) -> OpenedDevice:
    """Sign a browser in under a token that no earlier session has had."""
    token = randomness.token()
    session.execute(delete(Device).where(Device.reader_id == reader.id, Device.expires_at <= now))
    session.add(
        Device(
            reader_id=reader.id,
            token_hash=_hashed(token),
            user_agent=user_agent[:300],
            created_at=now,
            last_seen_at=now,
            expires_at=now + REMEMBER_FOR,
        )
    )
    return OpenedDevice(token, reader, user_agent[:300])


def close_device(session: Session, token: str) -> None:
    """Sign a browser out; its cookie opens nothing any more, wherever a copy of it lies."""
    session.execute(delete(Device).where(Device.token_hash == _hashed(token)))


def device_of_token(session: Session, token: str, now: datetime) -> FoundDevice | None:
    """Return the device of a token, with its reader; None when it was signed out or has expired.

    One that was superseded is returned, too: it signs nobody in, and is told why.
    """
    found = _BY_TOKEN.first(session, token=_hashed(token), now=now)
    if found is None:
        return None
    device, reader, version = found
    set_committed_value(device, "reader", reader)
    return FoundDevice(device, version)


def change_password(session: Session, reader: Reader, old: str, new: str, keep_token: str) -> None:
    """Change a password and sign out every other device; raise WrongPasswordError when `old` does not fit."""
    if not verify_password(reader.password_hash, old):
        raise WrongPasswordError
    set_password(session, reader, new)
    session.execute(delete(Device).where(Device.reader_id == reader.id, Device.token_hash != _hashed(keep_token)))


def set_password(session: Session, reader: Reader, new: str) -> None:
    """Give an account another password and make every link void that was mailed before.

    Raise InvalidInputError when it will not do or is the one it has.
    """
    check_new_password(new, reader.email)
    hashed = hash_password(new)
    if verify_password(reader.password_hash, new):
        raise InvalidInputError(_("The new password is the old one."), _("Choose another."))
    reader.password_hash = hashed
    reader.must_change_password = False
    void_mailed_tokens(session, reader, *ENDED_BY_PASSWORD)


def refresh_hash(reader: Reader, password: str) -> None:
    """Hash a password anew when today's parameters are stronger than those it was kept with."""
    if needs_rehash(reader.password_hash):
        reader.password_hash = hash_password(password)


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()

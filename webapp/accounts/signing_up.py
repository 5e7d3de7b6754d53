"""How strangers get an account: at once, or after a link that was mailed to the address (docs/decisions/0076)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.email_addresses import parse_email
from webapp.accounts.held_addresses import holder_of_address
from webapp.accounts.mailed_links import mail_link
from webapp.accounts.mailed_tokens import MailedToken, Purpose, hash_token, make_mailed_token
from webapp.accounts.models import Reader
from webapp.accounts.registration import confirm_email, register
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import LinkOfAnotherError, UnusableLinkError
from webapp.kit.randomness import uuid


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account is made of: an address, a password, and the version of terms and privacy that were accepted."""

    email: str
    password: str
    terms_version: str


def sign_up_at_once(session: Session, given: Credentials, locale: str, now: datetime) -> Reader:
    """Make an account and mail the link that confirms its address; raise as `register`."""
    reader = _make_account(session, given, now)
    mail_link(session, Purpose.CONFIRM, reader, locale, now)
    return reader


def request_sign_up(session: Session, email: str, target: str, locale: str, now: datetime) -> None:
    """Mail a link with which an account is made; where the address has one, its holder is told by the same work.

    `target` is the path that the person wanted to read. Raise InvalidInputError for what is no address.
    """
    address = parse_email(email)
    holder = holder_of_address(session, address.key, now)
    token = make_mailed_token(session, None, Purpose.SIGN_UP, now, address)
    if holder is None:
        mail = Email(f"sign_up:{uuid()}", "sign_up", address.written, locale, {"token": token, "target": target})
    else:
        mail = Email(f"address_in_use:{uuid()}", "address_in_use", holder, locale, {"signing_up": True})
    enqueue_email(session, mail, now)


def find_sign_up(session: Session, token: str, signed_in: int | None, now: datetime) -> MailedToken:
    """Return what a link to sign up was mailed for.

    Raise UnusableLinkError when it opens nothing (any more), LinkOfAnotherError when somebody is signed in here.
    """
    found = session.scalar(
        select(MailedToken).where(
            MailedToken.token_hash == hash_token(token),
            MailedToken.purpose == Purpose.SIGN_UP,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
        )
    )
    if found is None:
        raise UnusableLinkError
    if signed_in is not None:
        raise LinkOfAnotherError
    return found


def sign_up_by_link(
    session: Session, token: str, password: str, terms_version: str, signed_in: int | None, now: datetime
) -> Reader:
    """Make the account of the address that a link was mailed to, which is confirmed by that; raise as `find_sign_up`.

    The password is chosen by who follows the link. Raise InvalidInputError where it will not do, ConflictError where
    the address has an account by now.
    """
    found = find_sign_up(session, token, signed_in, now)
    reader = _make_account(session, Credentials(found.email or "", password, terms_version), now)
    confirm_email(reader, now)
    found.used_at = now
    others = delete(MailedToken).where(MailedToken.purpose == Purpose.SIGN_UP, MailedToken.used_at.is_(None))
    session.execute(others.where(MailedToken.email_key == reader.email_key))
    return reader


def _make_account(session: Session, given: Credentials, now: datetime) -> Reader:
    reader = register(session, given.email, given.password, now=now)
    reader.terms_version, reader.terms_accepted_at = given.terms_version, now
    return reader

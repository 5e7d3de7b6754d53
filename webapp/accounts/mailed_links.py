"""The way back into an account: links that are mailed to its address, and what they do."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.accounts.authentication import set_password
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token, seconds_to_next_link, use_mailed_token
from webapp.accounts.models import Reader
from webapp.accounts.passkeys import drop_factors
from webapp.accounts.passwords import verify_password
from webapp.accounts.reclaiming import end_access, reclaim_account
from webapp.accounts.registration import confirm_email, find_reader
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import TooManyTriesError, WrongPasswordError
from webapp.kit.randomness import uuid
from webapp.kit.translatable import _

_MESSAGES = {Purpose.RECOVER: "recover", Purpose.SIGN_IN: "sign_in_link", Purpose.CONFIRM: "confirm_address"}
_RECOVERED = "recovered"


def request_link(session: Session, purpose: Purpose, email: str, locale: str, now: datetime) -> None:
    """Mail a link to the account of an address; where none is in use, or one was just mailed, do the same for nobody.

    Nobody's mailbox is filled by strangers, and there is a link in it that works, whoever asked for it.
    """
    reader = find_reader(session, email)
    too_soon = seconds_to_next_link(session, reader, purpose, now) > 0
    in_use = reader is not None and reader.disabled_at is None
    mail_link(session, purpose, reader if in_use and not too_soon else None, locale, now)


def mail_own_link(session: Session, purpose: Purpose, reader: Reader, locale: str, now: datetime) -> None:
    """Mail a link to the account that is signed in; raise TooManyTriesError where one was just mailed."""
    seconds = seconds_to_next_link(session, reader, purpose, now)
    if seconds:
        raise TooManyTriesError(seconds, _("A link was mailed a short while ago, and still works."))
    mail_link(session, purpose, reader, locale, now)


def mail_link(session: Session, purpose: Purpose, reader: Reader | None, locale: str, now: datetime) -> None:
    """Mail a new link to the address of an account."""
    content = {"token": make_mailed_token(session, reader, purpose, now)}
    enqueue_email(session, _email(_MESSAGES[purpose], reader, locale, content), now)


def recover_account(session: Session, token: str, password: str, signed_in: int | None, now: datetime) -> Reader:
    """Give an account to whoever holds its address: a new password, no device, no token, the address confirmed.

    Where it was not confirmed before, its second factor may be a squatter's, and goes; else it stays and is asked for.
    Raise UnusableLinkError or LinkOfAnotherError, and InvalidInputError for a password that will not do.
    """
    reader = use_mailed_token(session, Purpose.RECOVER, token, signed_in, now)
    set_password(session, reader, password)
    end_access(session, reader)
    if reader.email_confirmed_at is None:
        drop_factors(session, reader.id)
    confirm_email(reader, now)
    return reader


def sign_in_by_link(session: Session, token: str, password: str, signed_in: int | None, now: datetime) -> Reader:
    """Return whom a link signs in, whose address it confirms.

    Who comes to an account that was not confirmed, and is not signed in to it, gives it a password: whoever signed up
    with the address of somebody else is out. Raise UnusableLinkError or LinkOfAnotherError, and InvalidInputError for a
    password that will not do.
    """
    reader = use_mailed_token(session, Purpose.SIGN_IN, token, signed_in, now)
    if needs_password(reader, signed_in):
        reclaim_account(session, reader, password)
    confirm_email(reader, now)
    return reader


def needs_password(reader: Reader, signed_in: int | None) -> bool:
    """Whether a link that signs in asks for a new password: where nobody knows yet whose the account is."""
    return reader.email_confirmed_at is None and signed_in is None


def confirm_by_link(session: Session, token: str, password: str, signed_in: int | None, now: datetime) -> None:
    """Mark an address as that of whoever is signed in, or knows the password: a link alone says nothing of the account.

    Raise UnusableLinkError or LinkOfAnotherError, and WrongPasswordError.
    """
    reader = use_mailed_token(session, Purpose.CONFIRM, token, signed_in, now)
    if signed_in is None and not verify_password(reader.password_hash, password):
        raise WrongPasswordError(
            _("The password of this account is not right."),
            _("If it was not you who chose it, choose a new one below."),
        )
    confirm_email(reader, now)


def tell_recovered(session: Session, reader: Reader, locale: str, now: datetime) -> None:
    """Tell the owner of an account that it was recovered."""
    enqueue_email(session, _email(_RECOVERED, reader, locale, {"recovered_at": now}), now)


def _email(message: str, reader: Reader | None, locale: str, content: Mapping[str, object]) -> Email:
    return Email(f"{message}:{uuid()}", message, reader.email if reader else "", locale, content)

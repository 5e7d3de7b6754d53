"""How an account gets another address, and how the one it had takes that back (docs/decisions/0071)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.address_listeners import notify_of_address
from webapp.accounts.email_addresses import EmailAddress, parse_email
from webapp.accounts.held_addresses import holder_of_address
from webapp.accounts.mailed_tokens import (
    ENDED_BY_PASSWORD,
    MailedToken,
    Purpose,
    get_mailed_token,
    make_mailed_token,
    void_mailed_tokens,
)
from webapp.accounts.models import Reader
from webapp.accounts.passkeys import drop_factors
from webapp.accounts.passwords import hash_password, verify_password
from webapp.accounts.reclaiming import end_access
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.errors import ConflictError, InvalidInputError, WrongPasswordError
from webapp.kit.randomness import token as random_token
from webapp.kit.randomness import uuid
from webapp.kit.translatable import _


def request_address(session: Session, reader: Reader, password: str, email: str, locale: str, now: datetime) -> None:
    """Mail a link to an address that the account shall have, in the place of any that was asked for before.

    Where somebody else has the address, they are told, and nothing else is different. Raise InvalidInputError for what
    is no address or the account's own, WrongPasswordError.
    """
    address = parse_email(email)
    if not verify_password(reader.password_hash, password):
        raise WrongPasswordError
    if address.written == reader.email:
        raise InvalidInputError(_("This is the address that your account has."), _("Type the new one."))
    holder = holder_of_address(session, address.key, now, besides=reader.id)
    drop_address_change(session, reader)
    token = make_mailed_token(session, reader, Purpose.CHANGE_ADDRESS, now, address)
    if holder is None:
        mail = _email("change_address", address.written, locale, {"token": token})
    else:
        mail = _email("address_in_use", holder, locale, {"signing_up": False})
    enqueue_email(session, mail, now)


def pending_address(session: Session, reader: Reader, now: datetime) -> str | None:
    """Return the address that a link was mailed to and that the account may still get; None where there is none."""
    asked = select(MailedToken.email).where(
        MailedToken.reader_id == reader.id,
        MailedToken.purpose == Purpose.CHANGE_ADDRESS,
        MailedToken.used_at.is_(None),
        MailedToken.expires_at > now,
    )
    return session.scalar(asked.limit(1))


def drop_address_change(session: Session, reader: Reader) -> None:
    """Make the link void that would give an account another address."""
    void_mailed_tokens(session, reader, Purpose.CHANGE_ADDRESS)


def change_address(
    session: Session, token: str, signed_in: int | None, password: str, locale: str, now: datetime
) -> Reader:
    """Give an account the address that a link was mailed to; tell the one it had, which can take it back if confirmed.

    The link proves the mailbox, being signed in or the password proves the account. Raise WrongPasswordError,
    UnusableLinkError or LinkOfAnotherError, and ConflictError where somebody has the address by now.
    """
    found = get_mailed_token(session, Purpose.CHANGE_ADDRESS, token, signed_in, now)
    reader, address = found.reader, _address_of(found)
    if signed_in is None and not verify_password(reader.password_hash, password):
        raise WrongPasswordError(_("The password of this account is not right."))
    if holder_of_address(session, address.key, now, besides=reader.id) is not None:
        raise ConflictError(_("This address has an account of its own by now."), _("Please choose another address."))
    found.used_at = now
    former, can_undo = EmailAddress(reader.email, reader.email_key), reader.email_confirmed_at is not None
    set_address(session, reader, address)
    reader.email_confirmed_at = now
    undo = {"token": make_mailed_token(session, reader, Purpose.UNDO_CHANGE, now, former)} if can_undo else {}
    enqueue_email(session, _email("address_changed", former.written, locale, {"changed_at": now, **undo}), now)
    return reader


def set_address(session: Session, reader: Reader, address: EmailAddress) -> None:
    """Write another address into an account; links mailed to the one it had act no more, but to undo a change."""
    void_mailed_tokens(session, reader, *ENDED_BY_PASSWORD)
    reader.email, reader.email_key = address.written, address.key
    session.flush()
    notify_of_address(session, reader.id)


def undo_change(session: Session, token: str, signed_in: int | None, now: datetime) -> str:
    """Give an account back to an address that it had, and to nobody else; return a token to choose a new password with.

    Changes that came later cannot lead back any more, those before can. The password works no more, since whoever
    changed the address knew it, and a second factor that was set since then is theirs and goes. Raise UnusableLinkError
    or LinkOfAnotherError.
    """
    found = get_mailed_token(session, Purpose.UNDO_CHANGE, token, signed_in, now)
    reader = found.reader
    found.used_at = now
    session.execute(
        delete(MailedToken).where(
            MailedToken.reader_id == reader.id, MailedToken.purpose == Purpose.UNDO_CHANGE, MailedToken.id > found.id
        )
    )
    set_address(session, reader, _address_of(found))
    reader.email_confirmed_at = now
    reader.password_hash = hash_password(random_token())
    drop_factors(session, reader.id, since=found.created_at)
    end_access(session, reader)
    return make_mailed_token(session, reader, Purpose.RECOVER, now)


def rename_reader(session: Session, reader: Reader, email: str, now: datetime) -> None:
    """Give an account another address by an operator's hand, and tell the one it had; the new one is not confirmed.

    Raise InvalidInputError for what is no address, ConflictError where somebody else has it.
    """
    address, former = parse_email(email), reader.email
    if holder_of_address(session, address.key, now, besides=reader.id) is not None:
        raise ConflictError(_("This address already has an account."), _("Use another address."))
    set_address(session, reader, address)
    reader.email_confirmed_at = None
    enqueue_email(session, _email("address_changed", former, "", {"changed_at": now}), now)


def _address_of(found: MailedToken) -> EmailAddress:
    return EmailAddress(found.email or "", found.email_key or "")


def _email(message: str, recipient: str, locale: str, content: Mapping[str, object]) -> Email:
    return Email(f"{message}:{uuid()}", message, recipient, locale, content)

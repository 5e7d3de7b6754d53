"""How often passwords may be tried and links asked for, and from which devices (docs/decisions/0075).

What is wrong counts for a source and an account together, and for a source by itself, never for an account by itself:
no stranger locks anybody out. A device that the account knows is counted by itself, whatever others do at its source.
"""

from flask import request
from sqlalchemy import select

from webapp.accounts.email_addresses import email_key
from webapp.accounts.known_device_cookie import current_known_device, shows_known_device
from webapp.accounts.login import signed_in_reader
from webapp.accounts.models import Reader
from webapp.kit.allowances import Allowance, GrowingWait
from webapp.kit.http import read_session
from webapp.kit.limits import Limit, source

SIGN_UPS = Allowance(20, 180)  # what tells whether an address is taken
WRONG_PASSWORDS = GrowingWait((0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 1800, 3600))
WRONG_SIGN_INS = Allowance(30, 20)  # at all accounts together
LINK_REQUESTS = Allowance(10, 120)
NEW_ADDRESS_MAILS = Allowance(5, 1200)  # to one address that somebody says shall be theirs
_PASSWORD, _SIGN_IN, _LINK = "password", "sign-in", "mailed link"


def sign_in_limits() -> list[Limit]:
    """Return the limits of trying a password on the page of signing in; one that was right does not count."""
    key = email_key(request.form.get("email", ""))
    device = _known_device_of(key)
    if device:
        return [Limit(_PASSWORD, device, WRONG_PASSWORDS)]
    return [Limit(_SIGN_IN, source(), WRONG_SIGN_INS), Limit(_PASSWORD, f"{source()} {key}", WRONG_PASSWORDS)]


def own_password_limits() -> list[Limit]:
    """Return the limits of trying the password of the account that is signed in; one that was right does not count."""
    reader = signed_in_reader()
    return [Limit(_PASSWORD, current_known_device(reader) or f"{source()} {reader.email_key}", WRONG_PASSWORDS)]


def link_password_limits() -> list[Limit]:
    """Return the limits of trying an account's password on the page of a mailed link; a right one does not count."""
    return [Limit("password by link", source(), WRONG_PASSWORDS)]


def new_address_limits() -> list[Limit]:
    """Return the limits of having a link mailed to an address that an account shall have: strangers fill no mailbox."""
    asked_by = Limit("new address of", str(signed_in_reader().id), LINK_REQUESTS)
    key = email_key(request.form.get("email", ""))
    return [asked_by, Limit("new address", key, NEW_ADDRESS_MAILS)] if key else [asked_by]


def link_request_limits() -> list[Limit]:
    """Return the limits of having a link mailed to an address, which is the same for known and unknown ones."""
    device = _known_device_of(email_key(request.form.get("email", "")))
    return [Limit(f"{_LINK} {request.endpoint}", device or source(), LINK_REQUESTS)]


def sign_up_limits() -> list[Limit]:
    """Return the limits of signing up: by source, whatever the address."""
    return [Limit("sign-up", source(), SIGN_UPS)]


def mailed_sign_up_limits() -> list[Limit]:
    """Return the limits of having a link mailed to sign up with, the same for known and unknown addresses."""
    key = email_key(request.form.get("email", ""))
    return [*sign_up_limits(), *([Limit("new address", key, NEW_ADDRESS_MAILS)] if key else [])]


def _known_device_of(key: str) -> str:
    """Return the name of this device where the account of an address knows it; asked only where there is a cookie."""
    if not shows_known_device():
        return ""
    return current_known_device(read_session().scalar(select(Reader).where(Reader.email_key == key)))

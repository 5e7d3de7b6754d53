"""The only module that knows Flask-Login."""

from typing import cast

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from webapp.accounts.authentication import REMEMBER_FOR, OpenedDevice, reader_of_device
from webapp.accounts.models import Reader
from webapp.kit import clock
from webapp.kit.appearance import Appearance, browser_appearance, stored_appearance
from webapp.kit.errors import NotSignedInError
from webapp.kit.http import cookie_name, is_api_request, read_session


class _SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """What Flask-Login keeps for a request: a reader and the token of the device."""

    def __init__(self, reader: Reader, token: str) -> None:
        self.reader = reader
        self.token = token

    def get_id(self) -> str:
        """Return what goes into the cookies: the device's token, never the reader's number."""
        return self.token


def install_login(app: Flask) -> None:
    """Give the application its signed-in reader."""
    manager = LoginManager()
    manager.session_protection = None  # the device's own token is what protects the session
    manager.user_loader(_load)
    manager.init_app(app)
    app.config.update(
        REMEMBER_COOKIE_NAME=cookie_name("remember_token", https=app.config["SESSION_COOKIE_SECURE"]),
        REMEMBER_COOKIE_DURATION=REMEMBER_FOR,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SECURE=app.config["SESSION_COOKIE_SECURE"],
        REMEMBER_COOKIE_SAMESITE="Lax",
    )
    app.context_processor(lambda: {"current_reader": current_reader(), "look": current_appearance()})


def _load(token: str) -> _SignedIn | None:
    reader = reader_of_device(read_session(), token, clock.now())
    return _SignedIn(reader, token) if reader else None


def current_reader() -> Reader | None:
    """Return who is signed in, or None for a visitor; programs sign in nowhere, whatever cookies they send."""
    signed_in = not is_api_request() and current_user.is_authenticated
    return cast("Reader", current_user.reader) if signed_in else None


def signed_in_reader() -> Reader:
    """Return who is signed in, in a view that lets nobody else in; raise NotSignedInError where there is nobody."""
    reader = current_reader()
    if reader is None:
        raise NotSignedInError
    return reader


def current_appearance() -> Appearance:
    """Return how pages shall look: as the account has it, for a visitor and a new account as this browser has it."""
    reader = current_reader()
    return stored_appearance(reader.look) if reader and reader.look else browser_appearance()


def current_token() -> str:
    """Return the token of this signed-in device; empty for a visitor."""
    return str(current_user.token) if current_user.is_authenticated else ""


def start_session(opened: OpenedDevice, *, remember: bool) -> None:
    """Sign this browser in with a session that holds nothing of the one before."""
    session.clear()
    g.pop("csrf_token", None)
    login_user(_SignedIn(opened.reader, opened.token), remember=remember, force=True)


def end_session() -> None:
    """Sign this browser out and forget its session."""
    logout_user()
    remember = session.get("_remember")  # Flask-Login's order to delete its cookie, given through the session
    session.clear()
    g.pop("csrf_token", None)
    if remember:
        session["_remember"] = remember


def sign_in_every_request(app: Flask, reader: Reader) -> None:
    """Have every request of an application come from one reader, who need not be in any database (for the audit)."""
    app.login_manager.request_loader(lambda _request: _SignedIn(reader, ""))  # type: ignore[attr-defined]

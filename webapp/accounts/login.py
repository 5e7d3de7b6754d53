"""The only module that knows Flask-Login."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from flask import Flask, Response, current_app, g, request, session
from flask_login import LoginManager, UserMixin, current_user, decode_cookie, encode_cookie, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from typing_extensions import override

from webapp.accounts.authentication import REMEMBER_FOR, OpenedDevice, device_of_token
from webapp.accounts.browser_sessions import BrowserSession, BrowserSessions
from webapp.accounts.devices import Arrival, note_seen, settle_device
from webapp.accounts.known_device_cookie import current_known_device, know_this_device
from webapp.accounts.models import Device, Reader
from webapp.kit import clock
from webapp.kit.appearance import Appearance, browser_appearance, stored_appearance
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import NotSignedInError
from webapp.kit.http import cookie_name, is_api_request, read_session, write, write_when_sent
from webapp.kit.languages import locale, zone

# What this library and Flask-WTF keep in the session of who is signed in.
_PLAIN_SESSION = {"_fresh", "_id", "_user_id", "csrf_token"}


class _SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """What Flask-Login keeps for a request: a reader and the token of the device."""

    def __init__(self, reader: Reader, token: str) -> None:
        self.reader = reader
        self.token = token

    def get_id(self) -> str:
        """Return what goes into the cookies: the device's token, never the reader's number."""
        return self.token


class _LoginManager(LoginManager):  # type: ignore[misc]  # as above
    """Flask-Login, but that remembering cookies that a former key signed hold, and are signed anew.

    One with letters that none of ours has signs nobody in: it would fail.
    """

    @override
    def _load_user_from_remember_cookie(self, cookie: str) -> _SignedIn | None:
        if not cookie.isascii():
            return None
        for former in current_app.config["SECRET_KEY_FALLBACKS"]:
            token = decode_cookie(cookie, key=former)
            if token is not None:
                session["_remember"] = "set"
                cookie = encode_cookie(token)
        return cast("_SignedIn | None", super()._load_user_from_remember_cookie(cookie))


def install_login(app: Flask) -> None:
    """Give the application its signed-in reader."""
    app.session_interface = BrowserSessions()
    manager = _LoginManager()
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
    app.jinja_env.globals["tell_superseded"] = tell_superseded
    app.after_request(_note_day)


def _load(token: str) -> _SignedIn | None:
    if cast("BrowserSession", session).is_outdated:
        _sign_anew()
    found = device_of_token(read_session(), token, clock.now())
    g.device, g.reader_version = found or (None, None)
    return _SignedIn(found.device.reader, token) if found and found.device.superseded_at is None else None


def _sign_anew() -> None:
    """Have the answer set the cookies of this browser anew, which a former key signed."""
    session.modified = True
    if current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies and session.get("_remember") != "clear":
        session["_remember"] = "set"


def current_device() -> Device | None:
    """Return the device that this browser is or was signed in as: one that was superseded, too."""
    current_user.is_authenticated  # noqa: B018 - which asks for the device
    return cast("Device | None", g.get("device"))


def current_reader_version() -> int | None:
    """Return the version that who is signed in was of when they were read."""
    return cast("int | None", g.get("reader_version"))


def tell_superseded() -> bool:
    """Return, once, that this browser was signed out since its reader has too many others; on pages that are looked at.

    What a script fetches in a page that is still open says nothing to anybody.
    """
    device = current_device()
    looked_at = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if device is None or device.superseded_at is None or not looked_at:
        return False
    logout_user()
    return True


def _note_day(response: Response) -> Response:
    """Keep on which day a device was used, once a day, when the answer has been sent."""
    device: Device | None = g.get("device")
    now = clock.now()
    if device is not None and not is_day_noted(device, now):
        write_when_sent(response, partial(note_seen, device_id=device.id, now=now))
    return response


def is_day_noted(device: Device, now: datetime) -> bool:
    """Return whether it is kept already that a device was used on this day."""
    return device.last_seen_at.astimezone(zone()).date() >= now.astimezone(zone()).date()


def device_token_in(kept: Mapping[str, Any]) -> str | None:
    """Return the device's token in a session that keeps nothing of which a page could tell; None for any other.

    One that is to be signed anew wants an answer that sets its cookie.
    """
    is_plain = _PLAIN_SESSION.issuperset(kept) and "csrf_token" in kept and not getattr(kept, "is_outdated", False)
    return cast("str | None", kept.get("_user_id")) if is_plain else None


def current_reader() -> Reader | None:
    """Return who is signed in, or None for a visitor; programs sign in nowhere, whatever cookies they send."""
    if is_api_request():
        return None
    user = current_user._get_current_object()  # noqa: SLF001 - Werkzeug's way past its proxy, which takes its time
    return user.reader if isinstance(user, _SignedIn) else None


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


def current_device_id() -> int:
    """Return which device this is, in a view for who is signed in; raise NotSignedInError where there is nobody."""
    device = current_device()
    if device is None:
        raise NotSignedInError
    return device.id


def start_session(opened: OpenedDevice, *, remember: bool, announced: bool = True) -> None:
    """Sign this browser in with a session that holds nothing of the one before, which ends.

    All ways to sign in lead through here. Its owner is told by mail where the device is new to them, but for those that
    are not to be `announced`: of an account that has just been made, or of which its owner is told otherwise.
    """
    former, reader = current_device(), opened.reader
    known = bool(current_known_device(reader)) or (former is not None and former.reader_id == reader.id)
    arrival = Arrival(former, known, current_settings().devices_at_once, announced, locale())
    write(lambda session: settle_device(session, opened, arrival, clock.now()))
    session.clear()
    g.pop("csrf_token", None)
    login_user(_SignedIn(opened.reader, opened.token), remember=remember, force=True)
    generate_csrf()  # so that the first page sets no cookie, and can be one that is remembered
    know_this_device(opened.reader)


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

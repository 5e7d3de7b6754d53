"""The pages on which strangers get an account."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from flask import Blueprint, Flask, Response, current_app, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.authentication import OpenedDevice, open_device
from webapp.accounts.filled_in_by_people import check_filled_in_by_people, read_shown_at, sign_moment
from webapp.accounts.forms import NewPasswordForm, SignUpAddressForm, SignUpForm
from webapp.accounts.link_answers import refuse_link, signed_in_id, tell_no_referrer
from webapp.accounts.login import current_reader, start_session
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.password_limits import mailed_sign_up_limits, sign_up_limits
from webapp.accounts.permissions import public
from webapp.accounts.signing_up import Credentials, find_sign_up, request_sign_up, sign_up_at_once, sign_up_by_link
from webapp.kit import clock
from webapp.kit.current_settings import current_secret_keys, current_settings
from webapp.kit.errors import ConflictError, InvalidInputError, LinkOfAnotherError, PaidspanError, UnusableLinkError
from webapp.kit.http import no_store, read_session, safe_return, show_form, write
from webapp.kit.languages import locale
from webapp.kit.limits import Limit, limited, limited_by

sign_up_pages = Blueprint("signup", __name__)
sign_up_pages.after_request(no_store)
sign_up_pages.after_request(tell_no_referrer)
_TERMS_VERSION = "paidspan.terms_version"


def install_sign_up(app: Flask, terms_version: Callable[[str], str]) -> None:
    """Give the application its pages; `terms_version` returns which terms and privacy a language shows now."""
    app.extensions[_TERMS_VERSION] = terms_version
    app.register_blueprint(sign_up_pages)


def _limits() -> list[Limit]:
    return mailed_sign_up_limits() if _confirms_first() else sign_up_limits()


@sign_up_pages.get("/signup")
@public
def sign_up_page() -> Response | AnyResponse:
    """Show the form for a new account, or say that a mail is under way."""
    if current_reader():
        return redirect(_target(), 303)
    return _page(_form())


@sign_up_pages.post("/signup")
@public
@limited_by(_limits, lambda error: _page(_form(), error))
def sign_up() -> Response | AnyResponse:
    """Make an account and sign it in, or mail a link that does: as the setting says."""
    form = _form()
    if not form.validate():
        return _page(form, status=400)
    try:
        shown_at = read_shown_at(current_secret_keys(), form.shown.data or "")
        least = timedelta(seconds=current_settings().sign_up_seconds)
        check_filled_in_by_people(shown_at, form.topic.data or "", least, clock.now())
        return _mail_link(form) if _confirms_first() else _make_account(form)
    except PaidspanError as error:
        return _page(form, error)


@sign_up_pages.get("/signup/<token>")
@public
def sign_up_link_page(token: str) -> Response:
    """Ask for the password of the account that a link makes."""
    return _link_page(token, NewPasswordForm())


@sign_up_pages.post("/signup/<token>")
@public
@limited()
def use_sign_up_link(token: str) -> Response | AnyResponse:
    """Make the account of the address that the link was mailed to, and sign this browser in."""
    form = NewPasswordForm()
    if not form.validate():
        return _link_page(token, form, status=400)
    try:
        opened = write(lambda session: _sign_up_by_link(session, token, form))
    except InvalidInputError as error:
        return _link_page(token, form, error)
    except (UnusableLinkError, LinkOfAnotherError, ConflictError) as error:
        return refuse_link(Purpose.SIGN_UP, error)
    start_session(opened, remember=False, announced=False)
    return redirect(_target(), 303)


def _mail_link(form: SignUpAddressForm) -> AnyResponse:
    target = safe_return(request.form.get("next"), "")
    write(lambda session: request_sign_up(session, form.email.data or "", target, locale(), clock.now()))
    return redirect(url_for("signup.sign_up_page", sent=1), 303)


def _make_account(form: SignUpAddressForm) -> AnyResponse:
    start_session(write(lambda session: _sign_up(session, form)), remember=False, announced=False)
    return redirect(_target(), 303)


def _sign_up(session: Session, form: SignUpAddressForm) -> OpenedDevice:
    given = Credentials(form.email.data or "", form.password.data or "", _terms_version())
    reader = sign_up_at_once(session, given, locale(), clock.now())
    return open_device(session, reader, request.user_agent.string, clock.now())


def _sign_up_by_link(session: Session, token: str, form: NewPasswordForm) -> OpenedDevice:
    password = form.password.data or ""
    reader = sign_up_by_link(session, token, password, _terms_version(), signed_in_id(), clock.now())
    return open_device(session, reader, request.user_agent.string, clock.now())


def _page(form: SignUpAddressForm, error: PaidspanError | None = None, status: int = 200) -> Response:
    """Show the form, with the moment at which it was first shown."""
    if read_shown_at(current_secret_keys(), form.shown.data or "") is None:
        form.shown.data = sign_moment(current_secret_keys(), clock.now())
    form.topic.data = ""
    told = {"sent": "sent" in request.args, "confirms_first": _confirms_first()}
    return show_form("accounts/sign_up.html", form, error, status, **told)


def _link_page(token: str, form: NewPasswordForm, error: PaidspanError | None = None, status: int = 200) -> Response:
    try:
        found = find_sign_up(read_session(), token, signed_in_id(), clock.now())
    except (UnusableLinkError, LinkOfAnotherError) as refused:
        return refuse_link(Purpose.SIGN_UP, refused)
    told = {"email": found.email, "target": safe_return(request.values.get("next"), "")}
    return show_form("accounts/use_sign_up_link.html", form, error, status, **told)


def _form() -> SignUpAddressForm:
    return SignUpAddressForm() if _confirms_first() else SignUpForm()


def _confirms_first() -> bool:
    return current_settings().sign_up == "confirm-first"


def _terms_version() -> str:
    return cast("Callable[[str], str]", current_app.extensions[_TERMS_VERSION])(locale())


def _target() -> str:
    return safe_return(request.values.get("next"), url_for("reading.catalogue"))

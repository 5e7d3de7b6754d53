"""The pages of accounts."""

from flask import Blueprint, Flask, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts import authentication
from webapp.accounts.forms import PasswordForm, SignInForm
from webapp.accounts.known_device_cookie import know_this_device
from webapp.accounts.login import current_reader, current_token, end_session, signed_in_reader
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import own_password_limits, sign_in_limits
from webapp.accounts.pending_sign_ins import FactorPending, open_or_wait
from webapp.accounts.permissions import public, signed_in
from webapp.accounts.second_step import go_on
from webapp.kit import clock
from webapp.kit.appearance import APPEARANCE_COOKIE as LOOK_COOKIE
from webapp.kit.appearance import read_appearance
from webapp.kit.errors import NotFoundError, PaidspanError, WrongPasswordError
from webapp.kit.http import no_store, read_session, safe_return, show_form, write
from webapp.kit.languages import LANGUAGE_COOKIE, LOCALES
from webapp.kit.limits import limited, limited_by, uncount_try
from webapp.kit.translatable import _

account_pages = Blueprint("accounts", __name__)
account_pages.after_request(no_store)


@account_pages.get("/login")
@public
def sign_in_page() -> str | AnyResponse:
    """Show the form for an account that is there already."""
    return _unless_signed_in("accounts/sign_in.html", SignInForm())


@account_pages.post("/login")
@public
@limited_by(sign_in_limits, lambda error: show_form("accounts/sign_in.html", SignInForm(), error))
def sign_in() -> str | AnyResponse:
    """Sign in; the answer to a wrong password and to an unknown address is the same, and so is its work."""
    form = SignInForm()
    if not form.validate():
        return show_form("accounts/sign_in.html", form, status=400)
    reader = authentication.authenticate(read_session(), form.email.data or "", form.password.data or "")
    if reader is None:
        wrong = PaidspanError(_("Address and password do not match."), _("Please check both."))
        wrong.status = 401
        return show_form("accounts/sign_in.html", form, wrong)
    uncount_try()
    reader_id = reader.id
    opened = write(lambda session: _sign_in(session, reader_id, form))
    return go_on(opened, remember=form.remember.data, to=_back())


@account_pages.post("/logout")
@public
def sign_out() -> AnyResponse:
    """Sign this device out and have the browser forget what it kept."""
    token = current_token()
    write(lambda session: authentication.close_device(session, token))
    end_session()
    response = redirect(_back(), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@account_pages.get("/account")
@signed_in
def account() -> str:
    """Show who is signed in."""
    return render_template("accounts/account.html", form=PasswordForm(), error=None)


@account_pages.post("/account/password")
@signed_in
@limited_by(own_password_limits, lambda error: show_form("accounts/account.html", PasswordForm(), error))
def save_password() -> str | AnyResponse:
    """Change the password and sign out all other devices."""
    form, reader = PasswordForm(), signed_in_reader()
    if not form.validate():
        return show_form("accounts/account.html", form, status=400)
    try:
        changed = write(lambda session: _change_password(session, reader.id, form))
    except WrongPasswordError as error:
        return show_form("accounts/account.html", form, error)
    except PaidspanError as error:
        uncount_try()
        return show_form("accounts/account.html", form, error)
    uncount_try()
    know_this_device(changed)
    return redirect(url_for("accounts.account", changed=1), 303)


@account_pages.get("/language/<language>")
@public
def choose_language(language: str) -> AnyResponse:
    """Keep the language this browser is spoken to in, and go back to the page it came from."""
    if language not in LOCALES:
        raise NotFoundError
    return _back_with_cookie(LANGUAGE_COOKIE, language)


@account_pages.get("/look")
@public
def choose_appearance() -> AnyResponse:
    """Keep how pages shall look in this browser, and go back to the page it came from."""
    return _back_with_cookie(LOOK_COOKIE, str(read_appearance(request.args)))


@account_pages.post("/look")
@signed_in
@limited()
def save_appearance() -> AnyResponse:
    """Keep how pages shall look with the account, for all its devices."""
    chosen, reader = str(read_appearance(request.form)), signed_in_reader()
    write(lambda session: setattr(session.get_one(Reader, reader.id), "look", chosen))
    return _back_with_cookie(LOOK_COOKIE, chosen)


def _sign_in(session: Session, reader_id: int, form: SignInForm) -> authentication.OpenedDevice | FactorPending:
    reader = session.get_one(Reader, reader_id)
    authentication.refresh_hash(reader, form.password.data or "")
    return open_or_wait(session, reader, request.user_agent.string, remember=form.remember.data, now=clock.now())


def _change_password(session: Session, reader_id: int, form: PasswordForm) -> Reader:
    reader, old, new = session.get_one(Reader, reader_id), form.present.data or "", form.password.data or ""
    authentication.change_password(session, reader, old, new, current_token())
    return reader


def _back_with_cookie(name: str, value: str) -> AnyResponse:
    response = redirect(_back(), 303)
    response.set_cookie(
        name, value, max_age=31_536_000, samesite="Lax", secure=current_app.config["SESSION_COOKIE_SECURE"]
    )
    return response


def _unless_signed_in(template: str, form: SignInForm) -> str | AnyResponse:
    return redirect(_back(), 303) if current_reader() else render_template(template, form=form, error=None)


def _back() -> str:
    return safe_return(request.values.get("next"), url_for("reading.catalogue"))


def install_one_time_passwords(app: Flask) -> None:
    """Hold who has a one-time password to changing it before anything else."""
    free = {
        "accounts.account",
        "accounts.save_password",
        "accounts.sign_out",
        "site_pages.page",
        "site_pages.wordmark",
        "static",
    }

    @app.before_request
    def _change_first() -> AnyResponse | None:
        if request.endpoint in free:
            return None
        reader = current_reader()
        return redirect(url_for("accounts.account"), 303) if reader and reader.must_change_password else None

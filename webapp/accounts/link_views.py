"""The pages on which links are asked for, and those that the links lead to.

A link is opened by more than its reader: mail programs and scanners follow it. So a GET shows a page with one button,
and only that acts.
"""

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.authentication import OpenedDevice
from webapp.accounts.forms import AddressForm, NewPasswordForm, ProofForm
from webapp.accounts.link_answers import refuse_link, show_link, signed_in_id, tell_no_referrer
from webapp.accounts.login import current_reader, signed_in_reader
from webapp.accounts.mailed_links import (
    confirm_by_link,
    mail_own_link,
    recover_account,
    request_link,
    sign_in_by_link,
    tell_recovered,
)
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import link_password_limits, link_request_limits
from webapp.accounts.pending_sign_ins import FactorPending, open_or_wait
from webapp.accounts.permissions import public, signed_in
from webapp.accounts.second_step import go_on
from webapp.kit import clock
from webapp.kit.errors import (
    InvalidInputError,
    LinkOfAnotherError,
    PaidspanError,
    UnusableLinkError,
    WrongPasswordError,
)
from webapp.kit.http import no_store, show_form, write
from webapp.kit.languages import locale
from webapp.kit.limits import limited, limited_by, uncount_try

link_pages = Blueprint("links", __name__)
link_pages.after_request(no_store)
link_pages.after_request(tell_no_referrer)


@link_pages.get("/recover")
@public
def recovery_request_page() -> Response:
    """Ask for the address of the account to recover, or say that a mail is under way."""
    return _request_page(Purpose.RECOVER, AddressForm())


@link_pages.post("/recover")
@public
@limited_by(link_request_limits, lambda error: _request_page(Purpose.RECOVER, AddressForm(), error))
def request_recovery() -> Response | AnyResponse:
    """Mail a link; the answer and its work are the same whether the address has an account or not."""
    return _request(Purpose.RECOVER, "links.recovery_request_page")


@link_pages.get("/recover/<token>")
@public
def recovery_page(token: str) -> Response:
    """Ask for a new password."""
    return show_link(Purpose.RECOVER, token, NewPasswordForm())


@link_pages.post("/recover/<token>")
@public
@limited()
def recover(token: str) -> Response | AnyResponse:
    """Set a new password, sign everybody out and this browser in."""
    form = NewPasswordForm()
    if not form.validate():
        return show_link(Purpose.RECOVER, token, form, status=400)
    try:
        opened = write(lambda session: _recover(session, token, form))
    except InvalidInputError as error:
        return show_link(Purpose.RECOVER, token, form, error)
    except (UnusableLinkError, LinkOfAnotherError) as error:
        return refuse_link(Purpose.RECOVER, error)
    return go_on(opened, remember=False, announced=False, to=url_for("accounts.account", changed=1))


@link_pages.get("/login/link")
@public
def sign_in_link_request_page() -> Response:
    """Ask for the address of the account to sign in to, or say that a mail is under way."""
    return _request_page(Purpose.SIGN_IN, AddressForm())


@link_pages.post("/login/link")
@public
@limited_by(link_request_limits, lambda error: _request_page(Purpose.SIGN_IN, AddressForm(), error))
def request_sign_in_link() -> Response | AnyResponse:
    """Mail a link; the answer and its work are the same whether the address has an account or not."""
    return _request(Purpose.SIGN_IN, "links.sign_in_link_request_page")


@link_pages.get("/login/link/<token>")
@public
def sign_in_link_page(token: str) -> Response:
    """Show the button that signs in."""
    return show_link(Purpose.SIGN_IN, token, NewPasswordForm())


@link_pages.post("/login/link/<token>")
@public
@limited()
def use_sign_in_link(token: str) -> Response | AnyResponse:
    """Sign this browser in; to an account that was not confirmed with a new password."""
    form = NewPasswordForm()
    password = form.password.data or ""
    try:
        opened = write(lambda session: _sign_in(session, token, password))
    except InvalidInputError as error:
        return show_link(Purpose.SIGN_IN, token, form, error)
    except (UnusableLinkError, LinkOfAnotherError) as error:
        return refuse_link(Purpose.SIGN_IN, error)
    page = url_for("accounts.account", changed=1) if password else url_for("reading.catalogue")
    return go_on(opened, remember=False, to=page)


@link_pages.get("/confirm/<token>")
@public
def confirmation_page(token: str) -> Response:
    """Show the button that confirms an address, and ask for the password where nobody is signed in."""
    return show_link(Purpose.CONFIRM, token, ProofForm())


@link_pages.post("/confirm/<token>")
@public
@limited_by(link_password_limits)
def confirm(token: str) -> Response | AnyResponse:
    """Confirm an address; it signs nobody in."""
    form, known = ProofForm(), signed_in_id()
    password = form.present.data or ""
    try:
        write(lambda session: confirm_by_link(session, token, password, known, clock.now()))
    except WrongPasswordError as error:
        return show_link(Purpose.CONFIRM, token, form, error)
    except (UnusableLinkError, LinkOfAnotherError) as error:
        uncount_try()
        return refuse_link(Purpose.CONFIRM, error)
    uncount_try()
    page = "accounts.account" if current_reader() else "accounts.sign_in_page"
    return redirect(url_for(page, confirmed=1), 303)


@link_pages.post("/account/confirm")
@signed_in
@limited()
def send_confirmation() -> AnyResponse:
    """Mail the link that confirms the address of this account once more."""
    reader_id = signed_in_reader().id

    def rule(session: Session) -> None:
        mail_own_link(session, Purpose.CONFIRM, session.get_one(Reader, reader_id), locale(), clock.now())

    write(rule)
    return redirect(url_for("accounts.account", mailed=1), 303)


def _sign_in(session: Session, token: str, password: str) -> OpenedDevice | FactorPending:
    reader = sign_in_by_link(session, token, password, signed_in_id(), clock.now())
    return open_or_wait(session, reader, request.user_agent.string, remember=False, now=clock.now())


def _recover(session: Session, token: str, form: NewPasswordForm) -> OpenedDevice | FactorPending:
    now = clock.now()
    reader = recover_account(session, token, form.password.data or "", signed_in_id(), now)
    tell_recovered(session, reader, locale(), now)
    return open_or_wait(session, reader, request.user_agent.string, remember=False, now=now)


def _request(purpose: Purpose, page: str) -> Response | AnyResponse:
    form = AddressForm()
    if not form.validate():
        return _request_page(purpose, form, status=400)
    try:
        write(lambda session: request_link(session, purpose, form.email.data or "", locale(), clock.now()))
    except InvalidInputError as error:
        return _request_page(purpose, form, error)
    return redirect(url_for(page, sent=1), 303)


def _request_page(
    purpose: Purpose, form: AddressForm, error: PaidspanError | None = None, status: int = 200
) -> Response:
    sent = "sent" in request.args and request.method == "GET"
    return show_form("accounts/request_link.html", form, error, status, purpose=purpose, sent=sent)

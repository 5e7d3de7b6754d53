"""The pages on which an account gets another address, and on which the one it had takes that back."""

from flask import Blueprint, Response, redirect, url_for
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.address_change import (
    change_address,
    drop_address_change,
    pending_address,
    request_address,
    undo_change,
)
from webapp.accounts.forms import NewAddressForm, ProofForm
from webapp.accounts.link_answers import refuse_link, show_link, signed_in_id, tell_no_referrer
from webapp.accounts.login import current_reader, end_session, signed_in_reader
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import link_password_limits, new_address_limits, own_password_limits
from webapp.accounts.permissions import public, signed_in
from webapp.accounts.proof import recently_proved
from webapp.kit import clock
from webapp.kit.errors import (
    ConflictError,
    InvalidInputError,
    LinkOfAnotherError,
    PaidspanError,
    UnusableLinkError,
    WrongPasswordError,
)
from webapp.kit.http import no_store, read_session, show_form, write
from webapp.kit.languages import locale
from webapp.kit.limits import limited, limited_by, uncount_try

address_pages = Blueprint("address", __name__)
address_pages.after_request(no_store)
address_pages.after_request(tell_no_referrer)


@address_pages.app_context_processor
def _pending() -> dict[str, object]:
    return {"pending_address": lambda: pending_address(read_session(), signed_in_reader(), clock.now())}


@address_pages.get("/account/address")
@signed_in
@recently_proved("address.change_page", guarded_only=True)
def change_page() -> Response:
    """Ask for another address."""
    return _change_page(NewAddressForm())


@address_pages.post("/account/address")
@signed_in
@recently_proved("address.change_page", guarded_only=True)
@limited_by(new_address_limits, lambda error: _change_page(NewAddressForm(), error))
@limited_by(own_password_limits, lambda error: _change_page(NewAddressForm(), error))
def request_change() -> Response | AnyResponse:
    """Mail a link to another address; the answer and its work are the same whether it is somebody's or not."""
    form, reader_id = NewAddressForm(), signed_in_reader().id
    if not form.validate():
        return _change_page(form, status=400)
    password, email = form.present.data or "", form.email.data or ""

    def rule(session: Session) -> None:
        request_address(session, session.get_one(Reader, reader_id), password, email, locale(), clock.now())

    try:
        write(rule)
    except WrongPasswordError as error:
        return _change_page(form, error)
    except InvalidInputError as error:
        uncount_try()
        return _change_page(form, error)
    uncount_try()
    return redirect(url_for("accounts.account", asked=1), 303)


@address_pages.post("/account/address/drop")
@signed_in
@limited()
def drop_change() -> AnyResponse:
    """Make the link void that would give the account another address."""
    reader_id = signed_in_reader().id
    write(lambda session: drop_address_change(session, session.get_one(Reader, reader_id)))
    return redirect(url_for("accounts.account", kept=1), 303)


@address_pages.get("/address/<token>")
@public
def new_address_page(token: str) -> Response:
    """Show the button that gives an account this address, and ask for its password where nobody is signed in."""
    return show_link(Purpose.CHANGE_ADDRESS, token, ProofForm())


@address_pages.post("/address/<token>")
@public
@limited_by(link_password_limits)
def use_new_address(token: str) -> Response | AnyResponse:
    """Give an account this address."""
    form, known = ProofForm(), signed_in_id()
    if known is None and not form.validate():
        uncount_try()
        return show_link(Purpose.CHANGE_ADDRESS, token, form, status=400)
    password = form.present.data or ""
    try:
        write(lambda session: change_address(session, token, known, password, locale(), clock.now()))
    except WrongPasswordError as error:
        return show_link(Purpose.CHANGE_ADDRESS, token, form, error)
    except (UnusableLinkError, LinkOfAnotherError, ConflictError) as error:
        uncount_try()
        return refuse_link(Purpose.CHANGE_ADDRESS, error)
    uncount_try()
    page = "accounts.account" if current_reader() else "accounts.sign_in_page"
    return redirect(url_for(page, moved=1), 303)


@address_pages.get("/address/undo/<token>")
@public
def undo_page(token: str) -> Response:
    """Show the button that gives an account back to the address it had."""
    return show_link(Purpose.UNDO_CHANGE, token, FlaskForm())


@address_pages.post("/address/undo/<token>")
@public
@limited()
def undo(token: str) -> Response | AnyResponse:
    """Give an account back, sign everybody out, and ask for a new password."""
    try:
        recovery = write(lambda session: undo_change(session, token, signed_in_id(), clock.now()))
    except (UnusableLinkError, LinkOfAnotherError) as error:
        return refuse_link(Purpose.UNDO_CHANGE, error)
    end_session()
    return redirect(url_for("links.recovery_page", token=recovery, undone=1), 303)


def _change_page(form: NewAddressForm, error: PaidspanError | None = None, status: int = 200) -> Response:
    return show_form("accounts/change_address.html", form, error, status)

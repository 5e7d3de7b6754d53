"""What the pages of all mailed links have in common: no referrer, who is signed in, how one is shown and refused."""

from flask import Response, make_response, render_template
from flask_wtf import FlaskForm

from webapp.accounts.login import current_reader
from webapp.accounts.mailed_links import needs_password
from webapp.accounts.mailed_tokens import Purpose, get_mailed_token
from webapp.kit import clock
from webapp.kit.errors import LinkOfAnotherError, PaidspanError, UnusableLinkError
from webapp.kit.http import read_session, show_form

_ABOUT_ADDRESSES = {Purpose.CHANGE_ADDRESS, Purpose.UNDO_CHANGE}


def tell_no_referrer(response: Response) -> Response:
    """Have the browser tell no page where it came from: the address of this one may hold a token."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def signed_in_id() -> int | None:
    """Return the id of who is signed in, None for a visitor."""
    reader = current_reader()
    return reader.id if reader else None


def show_link(
    purpose: Purpose, token: str, form: FlaskForm, error: PaidspanError | None = None, status: int = 200
) -> Response:
    """Return the page that says what a link does, with the button that does it, or that it does nothing (any more)."""
    known = signed_in_id()
    try:
        found = get_mailed_token(read_session(), purpose, token, known, clock.now())
    except (UnusableLinkError, LinkOfAnotherError) as refused:
        return refuse_link(purpose, refused)
    claiming = purpose is Purpose.SIGN_IN and needs_password(found.reader, known)
    told = {"purpose": purpose, "email": found.reader.email, "address": found.email, "claiming": claiming}
    template = "accounts/use_address_link.html" if purpose in _ABOUT_ADDRESSES else "accounts/use_link.html"
    return show_form(template, form, error, status, **told)


def refuse_link(purpose: Purpose, error: PaidspanError) -> Response:
    """Return the page that says why a link does nothing, and what to do."""
    return make_response(render_template("accounts/refused_link.html", purpose=purpose, error=error), error.status)

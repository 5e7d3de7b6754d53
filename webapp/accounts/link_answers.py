"""What the pages of all mailed links have in common: no referrer, who is signed in, how one is refused."""

from flask import Response, make_response, render_template

from webapp.accounts.login import current_reader
from webapp.accounts.mailed_tokens import Purpose
from webapp.kit.errors import PaidspanError


def tell_no_referrer(response: Response) -> Response:
    """Have the browser tell no page where it came from: the address of this one may hold a token."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def signed_in_id() -> int | None:
    """Return the id of who is signed in, None for a visitor."""
    reader = current_reader()
    return reader.id if reader else None


def refuse_link(purpose: Purpose, error: PaidspanError) -> Response:
    """Return the page that says why a link does nothing, and what to do."""
    return make_response(render_template("accounts/refused_link.html", purpose=purpose, error=error), error.status)

"""Whether editors and publishers must have a second factor, as the owner of an installation has set it."""

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.login import current_reader
from webapp.accounts.models import Reader
from webapp.accounts.second_factor import has_second_factor
from webapp.kit.current_settings import current_settings
from webapp.kit.http import read_session

# What they reach without one: to set it up, to leave, and what is no secret.
_FREE = {
    "accounts.account",
    "accounts.save_password",
    "accounts.sign_out",
    "accounts.choose_language",
    "accounts.choose_appearance",
    "site_pages.page",
    "site_pages.wordmark",
    "static",
}


def lacks_second_factor(reader: Reader) -> bool:
    """Whether an account must set up a second factor before it may do anything else, its tokens included."""
    required = reader.staff and current_settings().staff_second_factor
    return required and not has_second_factor(read_session(), reader.id)


def install_staff_second_factor(app: Flask) -> None:
    """Lead editors and publishers who must set up a second factor there, whatever else they ask for."""

    @app.before_request
    def _set_up_first() -> AnyResponse | None:
        if request.endpoint in _FREE or request.blueprint == "second_factor":
            return None
        reader = current_reader()
        if reader is None or not lacks_second_factor(reader):
            return None
        return redirect(url_for("second_factor.overview", required=1), 303)

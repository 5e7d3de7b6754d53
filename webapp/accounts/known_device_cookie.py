"""The cookie by which a browser shows which accounts are known to be signed in to from it."""

from flask import after_this_request, current_app, request
from werkzeug.wrappers import Response

from webapp.accounts.known_devices import KNOWN_FOR, known_device, with_known_device
from webapp.accounts.models import Reader
from webapp.kit import clock
from webapp.kit.current_settings import current_secret_keys
from webapp.kit.http import cookie_name

_NAME = "known_device"


def shows_known_device() -> bool:
    """Return whether this request has the cookie, whatever it is worth."""
    return bool(_cookie())


def current_known_device(reader: Reader | None) -> str:
    """Return the name of this device where the account knows it, else an empty string."""
    return known_device(_cookie(), reader, current_secret_keys(), clock.machine_now())


def know_this_device(reader: Reader) -> None:
    """Have this browser keep that the account is signed in to from it, with the answer to this request."""
    cookie = with_known_device(_cookie(), reader, current_secret_keys(), clock.machine_now())

    @after_this_request
    def _keep(response: Response) -> Response:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(_name(), cookie, max_age=KNOWN_FOR, httponly=True, secure=secure, samesite="Lax")
        return response


def _cookie() -> str:
    return request.cookies.get(_name(), "")


def _name() -> str:
    return cookie_name(_NAME, https=bool(current_app.config["SESSION_COOKIE_SECURE"]))

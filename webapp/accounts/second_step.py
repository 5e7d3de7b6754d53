"""What a browser holds between both steps of signing in, and how it goes on."""

from flask import redirect, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.authentication import OpenedDevice, close_device
from webapp.accounts.login import current_token, end_session, start_session
from webapp.accounts.pending_sign_ins import FactorPending
from webapp.accounts.sealed_factors import factor_box
from webapp.accounts.second_factor import TypedCode
from webapp.kit import clock
from webapp.kit.current_settings import current_secret_keys
from webapp.kit.http import write
from webapp.kit.languages import locale
from webapp.kit.secret_box import SecretBox

_PENDING = "second_factor"


def go_on(first: OpenedDevice | FactorPending, *, remember: bool, to: str, announced: bool = True) -> AnyResponse:
    """Sign this browser in and send it there, or have it show its second factor first."""
    if isinstance(first, FactorPending):
        _wait(first)
        return redirect(url_for("factor_sign_in.code_page", next=to), 303)
    start_session(first, remember=remember, announced=announced)
    return redirect(to, 303)


def _wait(pending: FactorPending) -> None:
    """Sign this browser out of what it was signed in to, and have it wait for its second factor."""
    former = current_token()
    write(lambda rows: close_device(rows, former))
    end_session()
    session[_PENDING] = pending.token


def pending_token() -> str:
    """Return the token under which this browser waits for its second factor; empty where it does not."""
    return str(session.get(_PENDING, ""))


def totp_box() -> SecretBox:
    """Return what seals the secrets of authenticator apps."""
    return factor_box(current_secret_keys())


def code_attempt(typed: str) -> TypedCode:
    """Return a code as it was typed just now; apps go by the machine's time, whatever the sandbox's clock says."""
    return TypedCode(typed, clock.machine_now(), clock.now(), locale())

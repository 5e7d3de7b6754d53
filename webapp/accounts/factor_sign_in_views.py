"""The page that asks for the second factor, after the password or a mailed link was right."""

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webapp.accounts.forms import CodeForm
from webapp.accounts.login import current_reader, start_session
from webapp.accounts.pending_sign_ins import FactorTried, find_pending, try_second_factor
from webapp.accounts.permissions import public
from webapp.accounts.second_factor import code_refusal
from webapp.accounts.second_step import code_attempt, pending_token, totp_box
from webapp.kit import clock
from webapp.kit.errors import PaidspanError
from webapp.kit.http import no_store, read_session, safe_return, show_form, write
from webapp.kit.limits import limited, source

factor_sign_in_pages = Blueprint("factor_sign_in", __name__)
factor_sign_in_pages.after_request(no_store)


@factor_sign_in_pages.get("/login/second-factor")
@public
def code_page() -> Response | AnyResponse:
    """Ask for a code of the authenticator app, or for a recovery code."""
    if find_pending(read_session(), pending_token(), clock.now()) is None:
        return _elsewhere()
    return _page(CodeForm())


@factor_sign_in_pages.post("/login/second-factor")
@public
@limited(by=source)
def show_second_factor() -> Response | AnyResponse:
    """Sign in with the second factor; where it is too late for that, the password is asked for anew."""
    form = CodeForm()
    if not form.validate():
        return _page(form, status=400)
    attempt, token, box, browser = code_attempt(form.code.data or ""), pending_token(), totp_box(), request.user_agent

    def rule(session: Session) -> tuple[int, FactorTried] | None:
        pending = find_pending(session, token, attempt.now)
        if pending is None:
            return None
        return pending.reader_id, try_second_factor(session, pending, attempt, box, browser.string)

    done = write(rule)
    if done is None:
        return _elsewhere(late=True)
    reader_id, tried = done
    if tried.opened is None:
        return _page(form, code_refusal(read_session(), reader_id, tried.verdict, attempt.now))
    start_session(tried.opened, remember=tried.remember)
    return redirect(_back(), 303)


def _elsewhere(*, late: bool = False) -> AnyResponse:
    """Lead on who waits for nothing here: signed in already, or too late."""
    return redirect(
        _back() if current_reader() else url_for("accounts.sign_in_page", next=_back(), late=int(late) or None), 303
    )


def _page(form: CodeForm, error: PaidspanError | None = None, status: int = 200) -> Response:
    return show_form("accounts/second_factor_sign_in.html", form, error, status, back=_back())


def _back() -> str:
    return safe_return(request.values.get("next"), url_for("reading.catalogue"))

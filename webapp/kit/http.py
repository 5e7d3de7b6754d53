"""What every request has in common: its database session, safe returns, headers, and errors as pages or problems."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as BaseResponse

from webapp.kit.addresses import local_address
from webapp.kit.appearance import browser_appearance
from webapp.kit.asked_request import asked_request
from webapp.kit.content_version import Version
from webapp.kit.current_settings import current_settings
from webapp.kit.database import Database
from webapp.kit.database_trouble import error_of_database, find_disk_trouble
from webapp.kit.errors import (
    BodyTooLargeError,
    InvalidInputError,
    MovedError,
    NotFoundError,
    PaidspanError,
    TooBusyError,
)
from webapp.kit.problem_details import problem_response
from webapp.kit.read_replica import ReadReplica
from webapp.kit.translatable import _

_T = TypeVar("_T")
_DATABASE = "paidspan.database"
_REPLICA = "paidspan.read_replica"
FOR_PROGRAMS = "/api/"
WRITES_AFTERWARDS = "paidspan.writes_afterwards"  # in the WSGI environment: closing the answer takes a while
_SECRET = "token"  # noqa: S105 - the name of what an address may hold that is in no log and no link

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        # Browsers hold the redirect that follows a form to this list too; these are where Stripe takes over.
        "form-action 'self' https://checkout.stripe.com https://billing.stripe.com",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def database() -> Database:
    """Return the application's database."""
    return cast("Database", current_app.extensions[_DATABASE])


def read_session() -> Session:
    """Return this request's read session, opened at its first use."""
    if "read_session" not in g:
        g.read_session = database().read_sessions()
    return cast("Session", g.read_session)


def write(rule: Callable[[Session], _T]) -> _T:
    """Run a rule in a transaction of its own, as `Database.write` does, and end this request's read session.

    What follows reads anew.
    """
    end_read_session()
    return database().write(rule)


def write_when_sent(response: Response, rule: Callable[[Session], object]) -> Response:
    """Have a rule run in a transaction of its own when an answer has been sent, for what no reader waits for.

    It is left out where somebody else writes for long.
    """
    opened = database()
    request.environ[WRITES_AFTERWARDS] = True

    @response.call_on_close
    def _write() -> None:
        with suppress(OperationalError, TooBusyError):
            opened.write(rule)

    return response


def read_replica_of(version: Version) -> bool:
    """Have this request read a copy of the database from here on, if it shows this version; return whether it does."""
    replica = cast("ReadReplica | None", current_app.extensions[_REPLICA])
    session = replica.session_of(version) if replica is not None else None
    if session is None:
        return False
    end_read_session()
    g.read_session = session
    return True


def leave_replica(error: DBAPIError) -> None:
    """Have the rest of this request, and others for a while, read the database itself: its copy failed."""
    end_read_session()
    cast("ReadReplica", current_app.extensions[_REPLICA]).leave_alone(error)


def end_read_session() -> None:
    """End this request's read session; the next `reading()` sees what was committed since.

    What was read stays right where the connection was lost meanwhile: the next one to ask is told.
    """
    session: Session | None = g.pop("read_session", None)
    if session is None:
        return
    try:
        session.close()
    except DBAPIError:
        session.invalidate()


def is_api_request() -> bool:
    """Whether this request is a program's: it is answered in JSON, and known by its token alone, never by a cookie."""
    return request.path.startswith(FOR_PROGRAMS)


def safe_return(target: str | None, default: str) -> str:
    """Return `target` when it is a path on this site, else `default`; nobody is sent to a foreign host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    parts = urlsplit(target.replace("\\", "/"))
    if parts.scheme or parts.netloc or any(ord(character) < ord(" ") for character in target):
        return default
    return target


def current_url() -> str:
    """Return the address of this request on this site with its arguments; the first page's where it holds a token."""
    if _SECRET in (request.view_args or {}):
        return "/"
    return f"{request.path}?{urlencode(list(request.args.items()))}" if request.args else request.path


def absolute_url(endpoint: str, **values: Any) -> str:  # noqa: ANN401 - as loose as url_for
    """Return the whole address of a view, at the base URL of the settings: no header of a request is believed."""
    return current_settings().base_url + local_address(endpoint, **values)


def install_http(app: Flask, opened: Database, replica: ReadReplica | None = None) -> None:
    """Give the application its database, its headers, and one mapping from errors to answers."""
    app.extensions[_DATABASE] = opened
    app.extensions[_REPLICA] = replica
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider; Chinese stays readable
    app.json.sort_keys = False  # type: ignore[attr-defined]  # as above; what is told first comes first
    app.jinja_env.globals.update(this_page=current_url, absolute=absolute_url)
    app.log_exception = _log_exception  # type: ignore[method-assign]  # Flask's own writes the address
    app.teardown_appcontext(lambda _error: end_read_session())
    app.after_request(_set_headers)
    app.register_error_handler(PaidspanError, error_response)
    app.register_error_handler(MovedError, _moved_answer)
    app.register_error_handler(HTTPException, _foreign_error_answer)
    app.register_error_handler(DBAPIError, _database_error_answer)


def _log_exception(exc_info: Any) -> None:  # noqa: ANN401 - as sys.exc_info has it
    """Log what went wrong with the rule of the address, never with the address, which may hold a token."""
    current_app.logger.error("Exception on %s [%s]", request.url_rule, request.method, exc_info=exc_info)


def _set_headers(response: Response) -> Response:
    headers = response.headers
    present = {name.lower() for name, _value in headers}
    for name, value in _HEADERS.items():
        if name.lower() not in present:
            headers.add(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.update(["Accept-Encoding", "Accept-Language", "Cookie"])
    if is_api_request():
        response.vary.add("Authorization")
    return response


def cookie_name(name: str, *, https: bool) -> str:
    """Return the name of a cookie that signs somebody in.

    Over https the prefix has browsers take it from this very host alone, and from no subdomain (RFC 6265bis, 4.1.3.2).
    """
    return f"__Host-{name}" if https else name


def no_store(response: Response) -> Response:
    """Forbid keeping this answer anywhere: for pages about an account or about money."""
    response.headers["Cache-Control"] = "no-store"
    return response


def show_form(
    template: str, form: FlaskForm, error: PaidspanError | None = None, status: int = 200, **told: object
) -> Response:
    """Return a page with a form; where something is wrong it says so, with the error's status and headers."""
    page = render_template(template, form=form, error=error, **told)
    return make_response(page, error.status if error else status, error.headers if error else {})


def error_response(error: PaidspanError) -> Response:
    """Return what is wrong and what to do: as a page, and to a program as a problem."""
    body = problem_response(error) if is_api_request() else make_response(_page_of(error))
    body.status_code = error.status
    body.headers.extend(error.headers)
    return no_store(body)


def _moved_answer(error: MovedError) -> BaseResponse:
    """Send whoever asked for a document by a former slug to the same view of it, with the same arguments."""
    assert request.endpoint is not None
    values = {**request.args.to_dict(flat=False), **(request.view_args or {}), "slug": error.slug}
    keeps_method = 301 if request.method in {"GET", "HEAD"} else 308
    return redirect(url_for(request.endpoint, **values), keeps_method)


def _page_of(error: PaidspanError) -> str:
    """Return an error as a page; past all that asks for the reader where that is what cannot be asked."""
    if error.status < PaidspanError.status:
        with suppress(SQLAlchemyError):
            return render_template("errors/error.html", error=error)
    asked = asked_request()
    told = {"look": browser_appearance(), "number": asked.id if asked else ""}
    return current_app.jinja_env.get_template("errors/broken.html").render(error=error, **told)


def _foreign_error_answer(error: HTTPException) -> Response:
    given = error.get_response()
    if error.code is None or error.code < InvalidInputError.status:
        return make_response(given)  # a redirect
    ours = _as_ours(error, error.code)
    ours.headers = {"Allow": given.headers["Allow"], **ours.headers} if "Allow" in given.headers else ours.headers
    return error_response(ours)


def _as_ours(error: HTTPException, status: int) -> PaidspanError:
    """Return one of our errors for what Flask and its extensions raise."""
    if isinstance(error, CSRFError):
        return InvalidInputError(_("This form has expired."), _("Please load the page again, then try once more."))
    if isinstance(error, NotFound):
        return NotFoundError()
    if status == BodyTooLargeError.status:
        return BodyTooLargeError()
    client_erred = status < PaidspanError.status
    sentence = _("This request cannot be answered.") if client_erred else _("Something went wrong on our side.")
    ours = InvalidInputError(sentence) if client_erred else PaidspanError(sentence)
    ours.status = status
    return ours


def _database_error_answer(error: DBAPIError) -> Response:
    """Return that it cannot be answered now; raise what is a mistake of ours."""
    told = error_of_database(error)
    if told is None:
        raise error
    trouble = find_disk_trouble(current_settings().instance)
    why = f"; {trouble.sentence} {trouble.mend}" if trouble else ""
    current_app.logger.error("database: %s%s", error.orig, why)
    return error_response(told)

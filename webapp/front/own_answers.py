"""What this layer says itself, where Flask is not asked: pages and problems, written at the start in each language."""

from flask import Flask
from werkzeug.sansio.http import parse_cookie

from webapp.front.asgi import AsgiScope, Send, send_bytes
from webapp.kit.current_settings import settings_in
from webapp.kit.errors import BodyBrokenError, BodyTooLargeError, BodyTooSlowError, PaidspanError, TooBusyError
from webapp.kit.http import FOR_PROGRAMS, error_response
from webapp.kit.languages import LANGUAGE_COOKIE, LOCALES, negotiate
from webapp.kit.translatable import _

_BROKEN = PaidspanError(_("Something went wrong on our side."))
_ERRORS = (BodyBrokenError(), BodyTooLargeError(), BodyTooSlowError(), TooBusyError(), _BROKEN)
_STATUSES = {error.status for error in _ERRORS}
_RawAnswer = tuple[list[tuple[bytes, bytes]], bytes]


class OwnAnswers:
    """Errors as this layer sends them; any other than those above is told as "something went wrong"."""

    def __init__(self, app: Flask) -> None:
        self._default = settings_in(app).locale
        self._written = {
            (error.status, language, path): _write(app, error, language, path)
            for error in _ERRORS
            for language in LOCALES
            for path in ("/", FOR_PROGRAMS)
        }

    async def send(self, scope: AsgiScope, send: Send, error: PaidspanError = _BROKEN) -> None:
        """Send an error, and have the server close the connection: what else comes over it is a body nobody reads."""
        path = FOR_PROGRAMS if scope["path"].startswith(FOR_PROGRAMS) else "/"
        status = error.status if error.status in _STATUSES else _BROKEN.status
        headers, body = self._written[status, self._language(scope), path]
        await send_bytes(send, status, headers, b"" if scope["method"] == "HEAD" else body)

    def _language(self, scope: AsgiScope) -> str:
        headers = dict(scope["headers"])
        chosen = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(LANGUAGE_COOKIE, "")
        return negotiate(chosen, headers.get(b"accept-language", b"").decode("latin-1"), self._default)


def _write(app: Flask, error: PaidspanError, language: str, path: str) -> _RawAnswer:
    with app.test_request_context(path, headers={"Cookie": f"{LANGUAGE_COOKIE}={language}"}):
        response = app.process_response(error_response(error))
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
    return [*headers, (b"connection", b"close")], response.get_data()

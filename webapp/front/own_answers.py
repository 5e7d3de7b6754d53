"""What this layer says itself, where Flask is not asked: pages and problems, each written once in each language."""

import asyncio

from flask import Flask
from werkzeug.sansio.http import parse_cookie

from webapp.front.asgi import AsgiScope, Send, send_bytes
from webapp.kit.current_settings import settings_in
from webapp.kit.errors import BodyBrokenError, BodyTooLargeError, BodyTooSlowError, PaidspanError, TooBusyError
from webapp.kit.http import FOR_PROGRAMS, error_response
from webapp.kit.languages import LANGUAGE_COOKIE, negotiate
from webapp.kit.translatable import _

_BROKEN = PaidspanError(_("Something went wrong on our side."))
_ERRORS = (BodyBrokenError(), BodyTooLargeError(), BodyTooSlowError(), TooBusyError(), _BROKEN)
_BY_STATUS = {error.status: error for error in _ERRORS}
_RawAnswer = tuple[list[tuple[bytes, bytes]], bytes]


class OwnAnswers:
    """Errors as this layer sends them; any other than those above is told as "something went wrong"."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._default = settings_in(app).locale
        self._written: dict[tuple[int, str, str], asyncio.Task[_RawAnswer]] = {}

    async def send(self, scope: AsgiScope, send: Send, error: PaidspanError = _BROKEN) -> None:
        """Send an error, and have the server close the connection: what else comes over it is a body nobody reads."""
        path = FOR_PROGRAMS if scope["path"].startswith(FOR_PROGRAMS) else "/"
        told = _BY_STATUS.get(error.status, _BROKEN)
        headers, body = await self._find(told, self._language(scope), path)
        await send_bytes(send, told.status, headers, b"" if scope["method"] == "HEAD" else body)

    async def _find(self, error: PaidspanError, language: str, path: str) -> _RawAnswer:
        """Return an answer that was written already, or write it, in a thread: however many wait for it, once."""
        key = (error.status, language, path)
        if key not in self._written:
            writing = asyncio.to_thread(_write, self._app, error, language, path)
            self._written[key] = asyncio.create_task(writing)
        try:
            return await asyncio.shield(self._written[key])
        except Exception:
            self._written.pop(key, None)  # who comes next tries anew
            raise

    def _language(self, scope: AsgiScope) -> str:
        headers = dict(scope["headers"])
        chosen = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(LANGUAGE_COOKIE, "")
        return negotiate(chosen, headers.get(b"accept-language", b"").decode("latin-1"), self._default)


def _write(app: Flask, error: PaidspanError, language: str, path: str) -> _RawAnswer:
    with app.test_request_context(path, headers={"Cookie": f"{LANGUAGE_COOKIE}={language}"}):
        response = app.process_response(error_response(error))
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
    return [*headers, (b"connection", b"close")], response.get_data()

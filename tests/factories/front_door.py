"""An application's front door in this process, asked as test clients ask: what they get came through it."""

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Flask

from webapp.front.door import FrontDoor
from webapp.front.routes import Work

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class InlinePool:
    """Does the work at once, so that what tests patch for their own thread holds there, too."""

    async def run(self, work: Callable[[], Any]) -> Any:
        return work()

    def close(self) -> None:
        pass


class AskedThroughDoor:
    """A WSGI application that asks a front door; `asked` and `remembered` count."""

    def __init__(self, app: Flask) -> None:
        self.inner = app.wsgi_app
        self.door = FrontDoor(app)
        self.door._pools = {work: InlinePool() for work in Work}
        self.asked = 0
        self.by_flask = 0
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self.door._memory.start())
        inner = self.door._application
        self.door._application = self._counting(inner)

    def _counting(self, inner):
        def answer(environ, start_response):
            self.by_flask += 1
            return inner(environ, start_response)

        return answer

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.asked += 1
        status, headers, body = self._loop.run_until_complete(self._ask(environ))
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body]

    async def _ask(self, environ: "WSGIEnvironment") -> tuple[int, list[tuple[str, str]], bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        given = [{"type": "http.request", "body": environ["wsgi.input"].read(length), "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return given.pop(0) if given else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.door(_scope(environ, length), receive, send)
        headers = [(_written(name.decode("latin-1")), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        return sent[0]["status"], headers, b"".join(message["body"] for message in sent[1:])

    @property
    def remembered(self) -> int:
        """How many answers Flask was not asked for."""
        return self.asked - self.by_flask

    def close(self) -> None:
        self._loop.run_until_complete(self.door.close())
        self._loop.close()


def _written(name: str) -> str:
    """Return a header's name as it is mostly written; a server sends it in lower case."""
    return {"etag": "ETag", "www-authenticate": "WWW-Authenticate"}.get(name, name.title())


def _scope(environ: "WSGIEnvironment", length: int) -> dict[str, Any]:
    headers = [
        (name[5:].replace("_", "-").lower().encode(), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    if environ.get("CONTENT_TYPE"):
        headers.append((b"content-type", environ["CONTENT_TYPE"].encode("latin-1")))
    if length:
        headers.append((b"content-length", str(length).encode()))
    path = environ["PATH_INFO"].encode("latin-1")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": environ["wsgi.url_scheme"],
        "path": path.decode("utf-8", "replace"),
        "raw_path": quote(path).encode(),
        "query_string": environ["QUERY_STRING"].encode("latin-1"),
        "headers": headers,
        "server": (environ["SERVER_NAME"], int(environ["SERVER_PORT"])),
        "client": (environ.get("REMOTE_ADDR", ""), 1),
    }

"""A front door whose every answer that it remembered is compared with Flask's own at that moment."""

import asyncio
import re
import time
from collections import Counter
from gzip import decompress
from io import BytesIO

from tests.factories.front_door import AskedThroughDoor
from webapp.front.postgres_versions import PostgresVersions
from webapp.kit.content_version import current_version
from webapp.kit.http import database as database_of

# What is made anew in each answer: form tokens are signed with the second. What they are made of is the session's own.
_TOKEN = re.compile(rb'(name="csrf_token" value="[\w-]+)\.[^"]+"')
_OWN = {"date", "set-cookie"}


class Compared(AskedThroughDoor):
    """Counts what was compared; keeps what differed.

    On PostgreSQL a change of what everybody sees is let come about first, and how long that took at most is kept.
    """

    def __init__(self, app):
        super().__init__(app)
        self.app = app
        self.heard_after = 0.0
        self.compared: Counter[str] = Counter()
        self.differences: list[str] = []

    def __call__(self, environ, start_response):
        if isinstance(self.door._memory._versions, PostgresVersions):
            self._loop.run_until_complete(self._hear(self.door._memory._versions))
        asked_flask = self.by_flask
        got: list[object] = []
        body = b"".join(super().__call__(environ, lambda status, headers: got.extend((status, headers))))
        start_response(*got)
        if self.by_flask == asked_flask:
            self._compare(environ, (*got, body))
        return [body]

    async def _hear(self, versions):
        begun = time.monotonic()
        with self.app.app_context(), database_of().reading() as session:
            true = current_version(session)
        while versions.of_content() != true:
            await asyncio.sleep(0.001)
            self.heard_after = max(self.heard_after, time.monotonic() - begun)
            assert self.heard_after < 30, "it is never heard"

    def _compare(self, environ, got):
        mine, theirs = _comparable(*got), _comparable(*self._own_answer(environ | {"wsgi.input": BytesIO()}))
        is_reader = "paidspan=" in environ.get("HTTP_COOKIE", "")
        asker = "program" if "HTTP_AUTHORIZATION" in environ else "reader" if is_reader else "visitor"
        self.compared[asker] += 1
        if mine != theirs:
            differing = [(one, other) for one, other in zip(mine, theirs, strict=True) if one != other]
            self.differences.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {differing!r}"[:2000])

    def _own_answer(self, environ):
        got: list[object] = []
        given = self.inner(environ, lambda status, headers, _error=None: got.extend((status, headers)))
        body = b"".join(given)
        getattr(given, "close", lambda: None)()
        return (*got, body)


def _comparable(status, headers, body):
    told = sorted((name.lower(), value) for name, value in headers if name.lower() not in _OWN)
    sets_cookie = any(name.lower() == "set-cookie" for name, _value in headers)
    lengths = [pair for pair in told if pair[0] == "content-length"]
    blank = _TOKEN.sub(rb"\1", decompress(body) if ("content-encoding", "gzip") in told else body)
    rest = [pair for pair in told if pair[0] != "content-length"]
    return int(status[:3]), rest, len(lengths), sets_cookie, blank

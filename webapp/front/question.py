"""What a request asks, where its answer could be one that is remembered."""

from dataclasses import dataclass

from flask import Flask

from webapp.front.asgi import AsgiScope
from webapp.front.request_headers import CookieNames, Manner, read_manner
from webapp.kit.current_settings import settings_in
from webapp.kit.http import FOR_PROGRAMS

# With one of these a request asks for something that nobody else asks for.
_PECULIAR = frozenset(
    {b"expect", b"if-match", b"if-modified-since", b"if-range", b"if-unmodified-since"}
    | {b"range", b"transfer-encoding", b"x-forwarded-host"}
)
_METHODS = {"GET", "HEAD"}
_LONGEST = 4000  # bytes of what of a request is kept, so that nobody fills the memory with names

AnswerKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, who asks (the credentials they show, empty for a visitor), and in which manner.

    `key` holds all of it but who asks and the look that an account may have chosen.
    """

    key: AnswerKey
    credentials: bytes
    manner: Manner
    plain: bool  # a GET that names no answer that its sender has already


class Questioner:
    """Reads requests as an application with these settings would."""

    def __init__(self, app: Flask) -> None:
        self._names = CookieNames(app.config["SESSION_COOKIE_NAME"], app.config["REMEMBER_COOKIE_NAME"])
        self._default_language = settings_in(app).locale

    def read(self, scope: AsgiScope) -> Question | None:
        """Return what is asked; None where only Flask can tell."""
        method, path, query = scope["method"], scope["raw_path"], scope["query_string"]
        headers = dict(scope["headers"])
        if method not in _METHODS or len(headers) != len(scope["headers"]) or not _PECULIAR.isdisjoint(headers):
            return None
        if headers.get(b"content-length", b"0") != b"0":
            return None
        cookies, authorization = headers.get(b"cookie", b""), headers.get(b"authorization", b"")
        languages, encodings = headers.get(b"accept-language", b""), headers.get(b"accept-encoding", b"")
        host, mark = headers.get(b"host", b""), headers.get(b"if-none-match", b"")
        if sum(map(len, (path, query, cookies, authorization, languages, encodings, host, mark))) > _LONGEST:
            return None
        manner = read_manner(cookies, languages, encodings, host, self._names, self._default_language)
        for_program = scope["path"].startswith(FOR_PROGRAMS)
        is_mixed = manner.known and not authorization if for_program else bool(authorization)
        if not manner.host_is_one or is_mixed:
            return None
        credentials = authorization if for_program else cookies if manner.known else b""
        key = (method, path, query, manner.language, manner.packed, mark)
        return Question(key, credentials, manner, plain=method == "GET" and not mark)

"""What a request asks, where its answer could be one that is remembered."""

from dataclasses import dataclass

from flask import Flask

from webapp.front.asgi import AsgiScope
from webapp.front.generations import Generations
from webapp.front.request_headers import CookieNames, Manner, MannerHeaders, read_manner
from webapp.kit.current_settings import settings_in
from webapp.kit.http import FOR_PROGRAMS

# With one of these a request asks for something that nobody else asks for.
_PECULIAR = frozenset(
    {b"expect", b"if-match", b"if-modified-since", b"if-range", b"if-unmodified-since"}
    | {b"range", b"transfer-encoding", b"x-forwarded-host"}
)
_METHODS = {"GET", "HEAD"}
_LONGEST = 4000  # bytes of what of a request is kept, so that nobody fills the memory with names

_MOST_BYTES, _OVERHEAD = 3_000_000, 1000  # of headers that were read, and of one of them besides

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


@dataclass(frozen=True, slots=True)
class _Sender:
    """What the headers of a request say: how an answer is wanted, and which credentials they show.

    `manner` is None where only Flask can tell, `size` how many bytes of them are kept.
    """

    manner: Manner | None
    cookies: bytes = b""
    authorization: bytes = b""
    mark: bytes = b""
    size: int = 0


class Questioner:
    """Reads requests as an application with these settings would."""

    def __init__(self, app: Flask) -> None:
        self._names = CookieNames(app.config["SESSION_COOKIE_NAME"], app.config["REMEMBER_COOKIE_NAME"])
        self._default_language = settings_in(app).locale
        self._senders: Generations[_Sender] = Generations(_MOST_BYTES)

    def read(self, scope: AsgiScope) -> Question | None:
        """Return what is asked; None where only Flask can tell."""
        method, path, query = scope["method"], scope["raw_path"], scope["query_string"]
        if method not in _METHODS:
            return None
        headers = tuple(scope["headers"])
        sender = self._senders.get(headers) or self._read(headers)
        manner = sender.manner
        if manner is None or len(path) + len(query) + sender.size > _LONGEST:
            return None
        for_program = scope["path"].startswith(FOR_PROGRAMS)
        is_mixed = manner.known and not sender.authorization if for_program else bool(sender.authorization)
        if is_mixed:
            return None
        credentials = sender.authorization if for_program else sender.cookies if manner.known else b""
        key = (method, path, query, manner.language, manner.packed, sender.mark)
        return Question(key, credentials, manner, plain=method == "GET" and not sender.mark)

    def _read(self, headers: tuple[tuple[bytes, bytes], ...]) -> _Sender:
        """Return what headers say; those that were read lately need not be read again."""
        sender, size = self._said(dict(headers), len(headers)), sum(len(name) + len(value) for name, value in headers)
        if size <= _LONGEST:
            self._senders.put(headers, sender, size + _OVERHEAD)
        return sender

    def _said(self, headers: dict[bytes, bytes], count: int) -> _Sender:
        length = headers.get(b"content-length", b"0")
        if len(headers) != count or not _PECULIAR.isdisjoint(headers) or length != b"0":
            return _Sender(None)
        cookies, authorization = headers.get(b"cookie", b""), headers.get(b"authorization", b"")
        languages, encodings = headers.get(b"accept-language", b""), headers.get(b"accept-encoding", b"")
        host, mark = headers.get(b"host", b""), headers.get(b"if-none-match", b"")
        size = sum(map(len, (cookies, authorization, languages, encodings, host, mark)))
        if size > _LONGEST:
            return _Sender(None)
        others = MannerHeaders(languages, encodings, host)
        manner = read_manner(cookies, others, self._names, self._default_language)
        return _Sender(manner if manner.host_is_one else None, cookies, authorization, mark, size)

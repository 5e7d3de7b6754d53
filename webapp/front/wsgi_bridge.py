"""From a request as ASGI has it to a WSGI application, and back (PEP 3333)."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from webapp.front.asgi import AsgiScope, RawHeaders
from webapp.kit.http import WRITES_AFTERWARDS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

PIECE_BYTES = 65_536  # bytes
MOST_IN_MEMORY = 1_000_000  # bytes of an answer; a longer one goes through a file
_BARE = {b"content-type": "CONTENT_TYPE", b"content-length": ""}  # the length is that of what was read
_NOT_PASSED_ON = {b"transfer-encoding", b"connection", b"expect", b"proxy"}  # `proxy`: httpoxy.org
_JOINED_BY = {b"cookie": "; "}  # RFC 9113, section 8.2.3; any other header by a comma (RFC 9110, section 5.2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application answered; `close` is called when it has been sent, and then may write (`writes`)."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes | IO[bytes]
    close: Callable[[], None]
    writes: bool = False


class OpenFile:
    """A file that a view sends: read by whoever sends the answer, as fast as its reader takes it (PEP 3333)."""

    def __init__(self, file: IO[bytes], _block_size: int = PIECE_BYTES) -> None:
        self.file = file
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(PIECE_BYTES), b"")


def environ_of(scope: AsgiScope, body: bytes) -> "WSGIEnvironment":
    """Return a request as WSGI has it; its body is whole, however it was sent."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": OpenFile,
    }
    _add_headers(environ, scope["headers"])
    return environ


def _add_headers(environ: "WSGIEnvironment", headers: RawHeaders) -> None:
    """Add headers under their names in WSGI; one with an underscore could pass for another, and is left out."""
    for name, value in headers:
        if name in _NOT_PASSED_ON or b"_" in name:
            continue
        key = _BARE.get(name) if name in _BARE else "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        if not key:
            continue
        text = value.decode("latin-1")
        environ[key] = environ[key] + _JOINED_BY.get(name, ",") + text if key in environ else text


def run_wsgi(application: "WSGIApplication", environ: "WSGIEnvironment") -> Answer:
    """Return what a WSGI application answers, all of it: none of its code runs while a slow client reads."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        started[:] = [(status, headers)]
        return _refuse_to_write

    given = application(environ, start_response)
    close: Callable[[], None] = getattr(given, "close", lambda: None)
    try:
        body = given.file if isinstance(given, OpenFile) else _collect(given)
        status, headers = started[0]
    except BaseException:
        close()
        raise
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return Answer(int(status[:3]), raw, body, close, WRITES_AFTERWARDS in environ)


def _refuse_to_write(_data: bytes) -> None:
    raise NotImplementedError  # PEP 3333: for applications of before it


def _collect(given: Iterable[bytes]) -> bytes | IO[bytes]:
    """Return the body of an answer; as a file where it is long."""
    chunks: list[bytes] = []
    size = 0
    rest = iter(given)
    for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_IN_MEMORY:
            return _written(chunks, rest)
    return b"".join(chunks)


def _written(chunks: Iterable[bytes], rest: Iterable[bytes]) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115 - whoever sends the answer closes it
    try:
        file.writelines(chunks)
        file.writelines(rest)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file

"""Clients that write to a socket what they like, and read what comes."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tests.front.serving import PATIENCE_SECONDS


@dataclass(frozen=True)
class RawAnswered:
    """An answer as it came over the wire; its status is 0 where there was none."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_whole(self) -> bool:
        """Whether as much came as was announced."""
        return self.status > 0 and len(self.body) == int(self.headers.get("content-length", -1))


NOTHING = RawAnswered(0, {}, b"")


class RawClient:
    """One connection."""

    def __init__(self, port: int, seconds: float = PATIENCE_SECONDS, room: int = 0) -> None:
        """`room` is how many bytes the system keeps that are not read; as many as it likes for 0."""
        self._socket = socket.socket()
        self._socket.settimeout(seconds)
        if room:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send some bytes; a server that has closed the connection already does not matter."""
        with suppress(OSError):
            self._socket.sendall(data)

    def get(self, path: str, cookie: str = "") -> None:
        self.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())

    def answer(self, *, to_head: bool = False) -> RawAnswered:
        """Return the next answer; NOTHING where the connection was closed."""
        with suppress(OSError):
            return self._answer(to_head=to_head)
        return NOTHING

    def _answer(self, *, to_head: bool) -> RawAnswered:
        line = self._read.readline()
        if not line:
            return NOTHING
        headers = {}
        while (header := self._read.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(line.split()[1])
        if to_head or status < 200 or status in {204, 304}:
            return RawAnswered(status, headers, b"")
        return RawAnswered(status, headers, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self._read.read(int(headers["content-length"]))
        body = b""
        while size := int(self._read.readline() or b"0", 16):
            body += self._read.read(size)
            self._read.readline()
        self._read.readline()
        return body

    def read(self, size: int) -> bytes:
        """Return the next bytes, as they come."""
        return self._read.read(size)

    def rest(self) -> bytes:
        """Return all that comes until the connection is closed."""
        with suppress(OSError):
            return self._read.read()
        return b""

    def end_sending(self) -> None:
        """Say that nothing more will be sent, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._read.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def ask_raw(port: int, data: bytes, *, to_head: bool = False) -> RawAnswered:
    """Send some bytes over a connection of their own and return the answer."""
    with RawClient(port) as client:
        client.send(data)
        return client.answer(to_head=to_head)

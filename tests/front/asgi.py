"""Requests as a server hands them over, and answers as it takes them (ASGI 3)."""

import asyncio
from collections.abc import Iterable

from webapp.front.asgi import AsgiScope, Message, Receive


def asked(
    path: str = "/", method: str = "GET", headers: Iterable[tuple[bytes, bytes]] = (), **more: object
) -> AsgiScope:
    """Return a request as granian describes it."""
    target, _, query = path.partition("?")
    described = {
        "type": "http",
        "method": method,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), *headers],
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", "8000"),
        "client": ("192.0.2.7", "4711"),
    }
    return described | more


def receiving(*given: bytes | float | None) -> Receive:
    """Return how a body comes in: chunks, pauses in seconds, and None where the client leaves; whole after the last."""
    rest = list(given)

    async def receive() -> Message:
        if rest and isinstance(rest[0], float):
            await asyncio.sleep(rest.pop(0))
        chunk = rest.pop(0) if rest else b""
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(rest)}

    return receive


class Sent:
    """What was sent to a client; to be called as ASGI's `send`."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def __call__(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.headers += message.get("headers", [])
        self.body += message.get("body", b"")

    def header(self, name: str) -> str:
        (value,) = [value for known, value in self.headers if known == name.encode()]
        return value.decode()

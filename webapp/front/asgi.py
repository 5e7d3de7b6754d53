"""The words of ASGI 3 (asgi.readthedocs.io), in which a server and this layer speak with each other."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

AsgiScope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = Iterable[tuple[bytes, bytes]]


async def send_bytes(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

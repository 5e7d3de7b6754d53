"""The body of a request, read before any thread is taken: neither too large nor too slow, and all of them bounded."""

import asyncio
from collections.abc import Mapping

from webapp.front.asgi import Receive
from webapp.kit.errors import BodyBrokenError, BodyTooLargeError, BodyTooSlowError, TooBusyError

GRACE_SECONDS = 5.0
LEAST_RATE = 1_000  # bytes a second, once the grace is over
MOST_AT_ONCE = 64_000_000  # bytes of all bodies that one process holds


def announced_length(headers: Mapping[bytes, bytes]) -> int | None:
    """Return how many bytes a body is said to have, 0 where it comes in chunks; None where there is no body.

    Raise BodyBrokenError for one that is coded besides (RFC 9112, section 6.1): nobody here would undo that.
    """
    coding = headers.get(b"transfer-encoding")
    if coding is None:
        return int(headers[b"content-length"]) if b"content-length" in headers else None
    if coding.lower() != b"chunked":
        raise BodyBrokenError
    return 0


class BodyReader:
    """Reads bodies in the event loop and knows how many bytes they hold together."""

    def __init__(self, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most_at_once = most_at_once
        self.held = 0

    async def read(self, receive: Receive, announced: int, most: int) -> bytes:
        """Return a body of at most `most` bytes; whoever has read it calls `release` when it is dealt with.

        `announced` is its Content-Length, 0 where there is none. Raise BodyTooLargeError, BodyTooSlowError where it
        comes slower than LEAST_RATE, TooBusyError where all bodies are too large together, and BodyBrokenError where
        the client leaves or what it sends cannot be read.
        """
        if announced > most:
            raise BodyTooLargeError
        body = bytearray()
        try:
            await self._fill(body, receive, most)
        except BaseException:
            self.release(len(body))
            raise
        return bytes(body)

    async def _fill(self, body: bytearray, receive: Receive, most: int) -> None:
        begun = asyncio.get_running_loop().time()
        more = True
        try:
            async with asyncio.timeout_at(begun + GRACE_SECONDS) as limit:
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise BodyBrokenError
                    more = message.get("more_body", False)
                    self._add(body, message.get("body", b""), most)
                    limit.reschedule(begun + GRACE_SECONDS + len(body) / LEAST_RATE)
        except TimeoutError:
            raise BodyTooSlowError from None

    def _add(self, body: bytearray, chunk: bytes, most: int) -> None:
        body += chunk
        self.held += len(chunk)
        if len(body) > most:
            raise BodyTooLargeError
        if self.held > self._most_at_once:
            raise TooBusyError

    def release(self, size: int) -> None:
        """Let go of the bytes of a body."""
        self.held -= size

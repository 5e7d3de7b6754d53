"""The body of a request, read before any thread is taken: neither too large nor too slow, and all of them bounded."""

import asyncio
from collections.abc import Mapping

from webapp.front.asgi import Receive
from webapp.kit.errors import BodyBrokenError, BodyTooLargeError, BodyTooSlowError, TooBusyError

GRACE_SECONDS = 5.0
LEAST_RATE = 1_000  # bytes a second, once the grace is over
MOST_CREDIT = 10.0  # seconds; so long may who was fast before send nothing
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
        self._coming: dict[asyncio.Timeout, bytearray] = {}  # the longest on their way first
        self._sent_away: dict[asyncio.Timeout, int] = {}
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
        now = asyncio.get_running_loop().time
        until = now() + GRACE_SECONDS
        try:
            async with asyncio.timeout_at(until) as limit:
                self._coming[limit] = body
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        raise BodyBrokenError
                    more, chunk = message.get("more_body", False), message.get("body", b"")
                    self._add(body, chunk, most)
                    self._make_room(limit)
                    until = min(until + len(chunk) / LEAST_RATE, now() + MOST_CREDIT)
                    if limit in self._coming:
                        limit.reschedule(until)
        except TimeoutError:
            raise BodyTooSlowError from None
        finally:
            self._coming.pop(limit, None)
            self._sent_away.pop(limit, None)

    def _add(self, body: bytearray, chunk: bytes, most: int) -> None:
        body += chunk
        self.held += len(chunk)
        if len(body) > most:
            raise BodyTooLargeError

    def _make_room(self, comer: asyncio.Timeout) -> None:
        """Send those away that are longest on their way, where there are too many bytes; raise TooBusyError for one.

        Who holds bodies back, to leave no room for others, gives way to those that come at once.
        """
        while self.held - sum(self._sent_away.values()) > self._most_at_once:
            slowest = next(iter(self._coming), comer)
            if slowest is comer:
                raise TooBusyError
            self._sent_away[slowest] = len(self._coming.pop(slowest))
            if not slowest.expired():
                slowest.reschedule(0)

    def release(self, size: int) -> None:
        """Let go of the bytes of a body."""
        self.held -= size

"""`/metrics`, answered before Flask: also while all threads are taken, and to its token alone.

Whoever shows none, or another, is answered by Flask as anybody who asks for a page that is not there.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest

from flask import Flask

from webapp.front.asgi import AsgiScope, Send, send_bytes
from webapp.kit.current_settings import settings_in
from webapp.kit.http import database
from webapp.kit.measures import this_process
from webapp.observability.metrics_text import METRICS_TYPE, metrics_text

log = logging.getLogger(__name__)

PATH = b"/metrics"
_HEADERS = [
    (b"content-type", METRICS_TYPE.encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class MetricsPage:
    """Tells the numbers, in a thread of its own; who asks while it is written waits for the same."""

    def __init__(self, app: Flask, token: str) -> None:
        from webapp.observability.queue_lengths import QueueLengths  # noqa: PLC0415 - only who has a token needs it

        self._expected = f"Bearer {token}".encode()
        with app.app_context():
            self._lengths = QueueLengths(database(), settings_in(app))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="metrics")
        self._writing: asyncio.Future[bytes] | None = None

    def is_asked(self, scope: AsgiScope) -> bool:
        """Return whether a request asks for this page and may have it."""
        if scope["raw_path"] != PATH or scope["method"] != "GET":
            return False
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(shown) == 1 and compare_digest(shown[0], self._expected)

    async def send(self, send: Send) -> None:
        """Send the numbers as they are at this moment."""
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write)
        try:
            body = await asyncio.shield(self._writing)
        except Exception:
            log.exception("the metrics could not be written")
            await send_bytes(send, 500, _HEADERS, b"the log says why\n")
            return
        await send_bytes(send, 200, [*_HEADERS, (b"content-length", b"%d" % len(body))], body)

    def _write(self) -> bytes:
        return metrics_text(this_process.read_all(), self._lengths.read())

    def close(self) -> None:
        """End its thread."""
        self._thread.shutdown(cancel_futures=True)


def open_metrics_page(app: Flask) -> MetricsPage | None:
    """Return the page of an application; None where no token is set."""
    token = settings_in(app).metrics_token
    return MetricsPage(app, token) if token else None

"""A slow line: a server whose pages arrive in pieces, so that a browser paints them half read."""

import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PIECE_BYTES, PAUSE_SECONDS = 300, 0.02  # longer than a frame, so that each piece may be painted


@contextmanager
def dripping(address: str, without: bytes = b"") -> Iterator[str]:
    """Return the address where the pages of another server arrive piece by piece; all else arrives at once.

    What stands in a page `without` is taken out of it: what the page would be like if it lacked that.
    """

    class Line(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urllib.request.Request(address + self.path, headers={"Accept-Language": "zh-CN"})
            with urllib.request.urlopen(asked) as answer:
                body = answer.read().replace(without, b"") if without else answer.read()
                kind = answer.headers["Content-Type"]
                self.send_response(answer.status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
            if not kind.startswith("text/html"):
                self.wfile.write(body)
                return
            for start in range(0, len(body), PIECE_BYTES):
                self.wfile.write(body[start : start + PIECE_BYTES])
                self.wfile.flush()
                time.sleep(PAUSE_SECONDS)

        def log_message(self, *said: object) -> None:
            """Say nothing: what went wrong shows in the browser."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()

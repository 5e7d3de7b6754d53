"""A real webhook endpoint on this machine, which does as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Endpoint:
    """Keeps what it was sent; answers with `statuses` in turn, then with 200."""

    url: str = ""
    received: list[tuple[bytes, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def listening(port: int = 0) -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(endpoint.statuses.pop(0) if endpoint.statuses else 200)
            self.end_headers()

        def log_message(self, *_args) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield endpoint
        server.shutdown()
        thread.join()

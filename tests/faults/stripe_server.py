"""A Stripe on a port of its own, which answers from a sandbox, or badly, or not at all."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, cycle
from threading import Event, Thread

from webapp.stripe_sandbox.sandbox import Sandbox

SLOW_SECONDS = 60  # much longer than all that the house tries, on a slow machine too


class Fault(StrEnum):
    NONE = "none"
    HANGS = "hangs"  # by turns never answers and answers after a minute
    RESETS = "resets"
    ERROR = "500"
    TOO_MANY = "429"
    GARBAGE = "garbage"
    SHAPE = "another shape"  # JSON, and a status of 200


# What a proxy between may answer in Stripe's place, by turns.
_SHAPES = cycle(
    [
        '{"status": "ok"}',
        '{"object": "list", "data": {}}',
        '{"object": "customer", "id": 7}',
        "[]",
        "null",
        '{"object": "checkout.session", "id": null, "url": null, "customer": {}}',
    ]
)


class StripeServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.transport = sandbox.client_transport()
        self.fault = Fault.NONE
        self.asked = count()
        self.hanging = Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """Say nothing: who waited has gone, which is what is tried here."""


class _Answering(BaseHTTPRequestHandler):
    server: StripeServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("get")

    def do_POST(self) -> None:
        self._answer("post")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        match self.server.fault:
            case Fault.NONE:
                text, status, headers = self.server.transport.request(method, self.path, self.headers, body)
                self._send(status, text, str(headers["Content-Type"]))
            case Fault.HANGS:
                self.server.hanging.set()
                time.sleep(SLOW_SECONDS if next(self.server.asked) % 2 else 10 * SLOW_SECONDS)
                self._send(200, "{}", "application/json")
            case Fault.RESETS:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
            case Fault.ERROR:
                self._send(500, '{"error": {"message": "down", "type": "api_error"}}', "application/json")
            case Fault.TOO_MANY:
                self._send(429, '{"error": {"message": "too many", "type": "rate_limit_error"}}', "application/json")
            case Fault.GARBAGE:
                self._send(200, "<html>Please sign in to the hotel's network", "text/html")
            case Fault.SHAPE:
                shape = next(_SHAPES)
                self._send(200, shape, "application/json")

    def _send(self, status: int, text: str, content_type: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class named it
        """Say nothing."""


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[StripeServer]:
    server = StripeServer(sandbox)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()

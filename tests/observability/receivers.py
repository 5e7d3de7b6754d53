"""What Sentry and a collector of spans are for us: a server on this machine that keeps what it is sent."""

import gzip
import json
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver:
    """Keeps the bodies that came, by their paths."""

    def __init__(self):
        kept = self.kept = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((self.path, _unpacked(body, self.headers.get("Content-Encoding", "")), dict(self.headers)))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_given):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    @property
    def everything(self) -> bytes:
        return b"\n".join(f"{path} {headers}".encode() + body for path, body, headers in self.kept)

    def events(self) -> list[dict]:
        """Return the events that Sentry was told (develop.sentry.dev, envelopes)."""
        found = []
        for _path, body, _headers in self.kept:
            lines = body.split(b"\n")
            pairs = zip(lines[1::2], lines[2::2], strict=False)
            found += [json.loads(item) for head, item in pairs if json.loads(head)["type"] == "event"]
        return found

    def spans(self) -> list:
        """Return the spans that came over OTLP."""
        found = []
        for path, body, _headers in self.kept:
            assert path == "/v1/traces"
            for told in ExportTraceServiceRequest.FromString(body).resource_spans:
                found += [span for scope in told.scope_spans for span in scope.spans]
        return found


def _unpacked(body: bytes, coding: str) -> bytes:
    return {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(coding, bytes)(body)


@contextmanager
def receiving_on_this_machine():
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


def attributes_of(span) -> dict:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}

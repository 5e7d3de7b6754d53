"""Those who ask a bucket that is away, refuses or is slow are told in a short while, and it comes back."""

import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.factories.bucket_server import bucket_server, delete_bucket, make_bucket
from tests.factories.ports import free_port
from webapp.kit import bucket_store
from webapp.kit.bucket_store import BucketStore
from webapp.kit.file_store import FilesUnavailableError, file_store_at

NAME = "uploads/ab/abc.png"


def quick(monkeypatch):
    monkeypatch.setattr(bucket_store, "_SILENCE", timedelta(seconds=0.5))
    monkeypatch.setattr(bucket_store, "_CONNECTING", timedelta(seconds=0.5))
    monkeypatch.setattr(bucket_store, "_WHOLE", timedelta(seconds=1))


ACTS = {
    "read": lambda store: store.read(NAME),
    "open": lambda store: store.open(NAME),
    "put": lambda store: store.put(NAME, b"x"),
    "keep": lambda store: store.keep(NAME, b"x"),
    "touch": lambda store: store.touch(NAME),
    "files": lambda store: list(store.files("uploads")),
    "delete": lambda store: store.delete(NAME),
    "delete_unwanted": lambda store: store.delete_unwanted(NAME, time.time() + 60),
    "check": lambda store: store.check(),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_bucket_that_is_gone_is_told_and_never_taken_for_an_empty_one(act, bucket, bucket_endpoint, caplog):
    delete_bucket(bucket_endpoint, bucket.split("/")[2])
    with pytest.raises(FilesUnavailableError) as raised:
        ACTS[act](BucketStore(bucket))
    assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "10"})
    assert "404 NoSuchBucket" in caplog.text
    make_bucket(bucket_endpoint, bucket.split("/")[2])
    BucketStore(bucket).check()


class _Server:
    """What listens where a bucket should be, and answers each request with the same bytes, or never."""

    def __init__(self, answer, *, keeps_open=False):
        self.asked, self.heads = 0, []
        self._answer, self._keeps_open = answer, keeps_open
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._held = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.asked += 1
            self._held.append(connection)
            if self._answer is not None:
                self.heads.append(connection.recv(65536).partition(b"\r\n\r\n")[0].decode().lower())
                connection.sendall(self._answer)
                if not self._keeps_open:
                    connection.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._held:
            connection.close()


def answered(status, body):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


SIGNED_WITH = "<AWSAccessKeyId>tests</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256</StringToSign>"
HALF = (
    b'HTTP/1.1 200 OK\r\nETag: "x"\r\nLast-Modified: Mon, 30 Nov 2026 20:00:00 GMT\r\nContent-Length: 9999\r\n\r\nhalf'
)
FAULTS = {
    "silent": (None, True, "it does not answer"),
    "refusing": (answered("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"), False, "403 AccessDenied"),
    "of another key": (
        answered("403 Forbidden", f"<Error><Code>SignatureDoesNotMatch</Code>{SIGNED_WITH}</Error>"),
        False,
        "403 SignatureDoesNotMatch",
    ),
    "failing": (answered("500 Internal Server Error", "<Error><Code>InternalError</Code></Error>"), False, "500"),
    "busy": (answered("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"), False, "503 SlowDown"),
    "breaking off": (HALF, False, "does not answer, or its answer breaks off"),
    "stopping": (HALF, True, "does not answer, or its answer breaks off"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bucket_that_is_away_is_told_in_a_short_while_and_comes_back(
    fault, bucket, bucket_endpoint, monkeypatch, caplog
):
    quick(monkeypatch)
    answer, keeps_open, said = FAULTS[fault]
    store = BucketStore(bucket)
    file_store_at(bucket).put(NAME, b"there")
    server = _Server(answer, keeps_open=keeps_open)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    with pytest.raises(FilesUnavailableError):
        store.read(NAME)
    assert server.asked <= 4
    server.close()
    assert said in caplog.text
    assert NAME in caplog.text
    assert "tests" not in caplog.text.replace(bucket, ""), "what signs the requests is in no log"
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket_endpoint)
    assert BucketStore(bucket).read(NAME) == b"there"


@pytest.mark.parametrize("act", ["read", "put", "keep", "delete"])
def test_no_header_is_sent_that_only_amazon_knows(act, bucket, monkeypatch):
    """R2, B2 and older Ceph refuse checksums that Amazon's own libraries add (mattermost#22221, misskey#15582)."""
    server = _Server(answered("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    with suppress(FilesUnavailableError):
        ACTS[act](BucketStore(bucket))
    server.close()
    named = {line.partition(":")[0] for head in server.heads for line in head.splitlines()[1:]}
    assert {name for name in named if name.startswith("x-amz-")} <= {
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-copy-source",
    }
    assert "expect" not in named
    assert not [head for head in server.heads if "?delete" in head or "?uploads" in head]


def test_while_a_bucket_does_not_answer_nobody_waits_for_it(bucket, monkeypatch, caplog):
    quick(monkeypatch)
    server = _Server(None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    store = BucketStore(bucket)
    for _ in range(20):
        with pytest.raises(FilesUnavailableError):
            store.read(NAME)
    assert server.asked <= 2
    assert caplog.text.count("does not answer") == 1
    server.close()


def test_it_recovers_by_itself(monkeypatch, bucket):
    """The server ends and comes back at the same port; the same store, with its open connections, goes on."""
    quick(monkeypatch)
    monkeypatch.setattr(bucket_store, "_LEFT_ALONE", 0.2)
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    store = BucketStore("s3://comes-back/library")
    for _ in range(2):
        with bucket_server(port) as (endpoint, _process):
            make_bucket(endpoint, "comes-back")
            store.put(NAME, b"x")
            assert store.read(NAME) == b"x"
        with pytest.raises(FilesUnavailableError):
            store.read(NAME)
        time.sleep(0.3)

"""Buckets of the tests' own: moto's server, in a process on this machine, and what AWS_* says of it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import requests

from tests.factories.ports import free_port

SERVER = "TEST_BUCKET_SERVER"  # in the environment: where one is served
ALL_TESTS = "TEST_ON_BUCKET"  # likewise: it is where all tests keep files
ENVIRONMENT = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "a-secret-of-tests"}
_PATIENCE = 60.0  # seconds
_SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request"}
_numbers = count(1)


def on_bucket() -> bool:
    """Return whether the tests keep their files in buckets."""
    return ALL_TESTS in os.environ


@contextmanager
def bucket_server(port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Serve buckets that live as long as this, and yield their endpoint and the process."""
    port = port or free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(process, port)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < _PATIENCE:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("moto's server did not start")


def make_bucket(endpoint: str, name: str = "") -> str:
    """Make an empty bucket and return its name."""
    name = name or f"bucket-{os.getpid()}-{next(_numbers)}"
    _do("PUT", f"{endpoint}/{name}")
    return name


def delete_bucket(endpoint: str, name: str) -> None:
    """Take a bucket away, which must be empty."""
    _do("DELETE", f"{endpoint}/{name}")


def objects(endpoint: str, name: str) -> list[str]:
    """Return the first thousand names in a bucket, prefixes included."""
    listed = _do("GET", f"{endpoint}/{name}?list-type=2").text
    return [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]


def _do(method: str, url: str) -> requests.Response:
    done = requests.request(method, url, headers=_SIGNED, data=b"", timeout=30)
    done.raise_for_status()
    return done

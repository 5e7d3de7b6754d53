"""A Redis of a test's own, where Debian's redis-server is installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotYetError

from tests.factories.ports import free_port

PATIENCE_SECONDS = 20
SERVER = "TEST_REDIS_URL"  # in the environment: where one is served to all tests


def empty_redis() -> str:
    """Return the address of this process's database on what is served to all tests; empty where nothing is."""
    if SERVER not in os.environ:
        return ""
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    url = f"{os.environ[SERVER]}/{number}"
    with Redis.from_url(url) as emptied:
        emptied.flushdb()
    return url


def redis_program() -> str | None:
    """Return where redis-server is, None where it is not installed."""
    return shutil.which("redis-server")


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Yield the address of a Redis that keeps nothing, and its process; skip the test where there is none."""
    program = redis_program()
    if program is None:
        pytest.skip("redis-server is not installed (Debian: apt install redis-server)")
    port = free_port()
    kept_nowhere = ("--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(folder))
    process = subprocess.Popen([program, "--port", str(port), *kept_nowhere], stdout=subprocess.DEVNULL)
    try:
        url = f"redis://127.0.0.1:{port}"
        _await(url)
        yield url, process
    finally:
        process.kill()
        process.wait()


def _await(url: str) -> None:
    with Redis.from_url(url) as asked:
        for _ in range(PATIENCE_SECONDS * 20):
            try:
                asked.ping()
            except NotYetError:
                time.sleep(0.05)
            else:
                return
    raise TimeoutError(url)

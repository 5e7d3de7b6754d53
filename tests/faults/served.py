"""A house served by the real server in a process of its own, and browsers that wait for it."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.factories.ports import free_port

PATIENCE_SECONDS = 120
ROOT = Path(__file__).parents[2]
_PROGRAM = """
import sys
from webapp.front.listen import Listen
from webapp.front.supervisor import Supervisor
Supervisor(sys.argv[1], Listen("127.0.0.1", int(sys.argv[2]), 1), lambda: None).serve()
"""


@dataclass(frozen=True)
class Answered:
    status: int
    text: str
    location: str
    seconds: float


@dataclass(frozen=True)
class Served:
    port: int
    language: str = "en"

    def ask(self, method: str, path: str, cookie: str = "", form: Mapping[str, str] | None = None) -> Answered:
        """Ask and wait; raise when there is no answer."""
        headers = {
            "Cookie": cookie,
            "Accept-Language": self.language,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, quote(path, safe="/?=&"), urlencode(form or {}), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return Answered(answer.status, text, answer.headers.get("Location", ""), time.perf_counter() - began)


@contextmanager
def served(module: str, threads: int, settings: Mapping[str, str]) -> Iterator[Served]:
    """Serve an application's module with so many threads, as `paidspan serve` does."""
    server = Served(free_port())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDSPAN_")} | settings
    environment["PAIDSPAN_THREADS"] = str(threads)
    command = [sys.executable, "-c", _PROGRAM, f"{module}:application", str(server.port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def _wait_for(server: Served, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if server.ask("GET", "/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not come up")

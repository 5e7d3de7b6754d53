"""Servers in processes of their own, and what they take of memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.factories.ports import free_port

ROOT = Path(__file__).parents[2]
PRODUCT, BARE = "product", ("wsgi", "flask", "asgi")
_PATIENCE = 60.0


@dataclass(frozen=True)
class Server:
    """An application that is served at a port."""

    kind: str
    port: int
    process: subprocess.Popen[bytes]

    def ask(self, request: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Send a raw request and return status, headers and body."""
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(method, path, body, dict(line.split(": ", 1) for line in lines))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def memory(self) -> dict[str, float]:
        """Return what its worker holds, in MB: RSS with what it shares, PSS with its part of that, USS without."""
        (worker,) = _children(self.process.pid)
        lines = Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()[1:]
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
        return {"RSS": kilobytes["Rss"] / 1024, "PSS": kilobytes["Pss"] / 1024, "USS": own / 1024}


@contextmanager
def bare_servers(answers: Path, kinds: tuple[str, ...]) -> Iterator[dict[str, Server]]:
    """Serve the applications that only hand out these answers."""
    started = {kind: _start(kind, {"BENCH_ANSWERS": str(answers)}) for kind in kinds}
    try:
        for server in started.values():
            _wait_for(server, f"/{next(answers.iterdir()).name}")
        yield started
    finally:
        for server in started.values():
            _end(server.process)


@contextmanager
def product_server(instance: Path, **settings: str) -> Iterator[Server]:
    """Serve the product on an instance, through its front door, with one worker."""
    server = start_product(instance, **settings)
    try:
        yield server
    finally:
        _end(server.process)


def start_product(instance: Path, **settings: str) -> Server:
    """Start the product and wait until it is ready."""
    named = {f"PAIDSPAN_{name.upper()}": value for name, value in settings.items()}
    server = _start(PRODUCT, {"PAIDSPAN_INSTANCE": str(instance), **named})
    _wait_for(server, "/readyz")
    return server


def seconds_to_first_byte(instance: Path) -> float:
    """Return how long `paidspan serve` takes on an existing instance until a page begins to come."""
    port = free_port()
    command = [sys.executable, "-m", "webapp", "serve", "--port", str(port)]
    begun = time.perf_counter()
    process = _run(command, {"PAIDSPAN_INSTANCE": str(instance)})
    try:
        while True:
            connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
            try:
                connection.request("GET", "/")
                if connection.getresponse().status == 200:
                    return time.perf_counter() - begun
            except OSError:
                _check(process, begun)
                time.sleep(0.005)
            finally:
                connection.close()
    finally:
        _end(process)


def _start(kind: str, environment: Mapping[str, str]) -> Server:
    port = free_port()
    command = [sys.executable, "-m", "bench.front_door.serve_one", kind, str(port)]
    return Server(kind, port, _run(command, {"PAIDSPAN_BASE_URL": f"http://127.0.0.1:{port}", **environment}))


def _run(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PAIDSPAN_")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, env=inherited | environment | {"PYTHONPATH": str(ROOT)}, **quiet)


def _wait_for(server: Server, path: str) -> None:
    begun = time.perf_counter()
    while True:
        try:
            if server.ask(f"GET {path} HTTP/1.1\r\nAccept: */*\r\n\r\n".encode())[0] == 200:
                return
        except OSError:
            pass
        _check(server.process, begun)
        time.sleep(0.02)


def _check(process: subprocess.Popen[bytes], begun: float) -> None:
    if process.poll() is not None or time.perf_counter() - begun > _PATIENCE:
        raise SystemExit("a server did not come up")


def _children(parent: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

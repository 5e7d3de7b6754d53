"""The product as `paidspan serve` runs it: its port, its log, and all processes that belong to it."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlencode

from tests.factories.ports import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120  # for a server that comes up or goes, on a machine that has much else to do
SERVE = [sys.executable, "-m", "webapp", "serve"]
_MARK = "FRONT_TEST_MARK"  # by which processes are found that belong together, an orphan too
_PROGRAM = """
import os, sys
from webapp.front import supervisor
from webapp.front.listen import Listen
for name in ("HEADER_SECONDS", "UNREAD_SECONDS"):
    setattr(supervisor, name, int(os.environ.get(name, getattr(supervisor, name))))
supervisor.Supervisor(sys.argv[1], Listen("127.0.0.1", int(sys.argv[2]), 1), lambda: None).serve()
"""


@dataclass(frozen=True)
class Answered:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Site:
    """A server that was started, whether it answers yet or not."""

    port: int
    process: subprocess.Popen
    log: Path
    mark: str

    def ask(self, method: str, path: str, cookie: str = "", form: Mapping[str, str] | None = None) -> Answered:
        """Ask over a connection of its own; raise OSError or HTTPException where there is no answer."""
        headers = {"Cookie": cookie, "Accept-Language": "en"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, urlencode(form) if form is not None else None, headers)
            answer = connection.getresponse()
            return Answered(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def answers(self, path: str = "/healthz") -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", path).status == 200
        return False

    def wait(self, path: str = "/healthz") -> None:
        wait_until(lambda: self.answers(path) or self.process.poll() is not None)
        assert self.process.poll() is None, f"the server ended: {self.log.read_text()}"

    def processes(self) -> list[int]:
        """Return all processes that this server and its children started and that live."""
        return marked_processes(self.mark)

    def children(self) -> list[int]:
        """Return its workers, without what these have started."""
        return [number for number in self.processes() if _parent_of(number) == self.process.pid]

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(by)
        self.process.wait(timeout=PATIENCE_SECONDS)


def marked_processes(mark: str) -> list[int]:
    """Return the processes that have a mark in their environment; those that have ended have none any more."""
    wanted, found = f"{_MARK}={mark}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return sorted(found)


def _parent_of(number: int) -> int | None:
    with suppress(OSError):
        return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> float:
    """Wait until something is true, and return after how many seconds it was."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() < begun + seconds, f"it is not so after {seconds} seconds"
        time.sleep(0.02)
    return time.monotonic() - begun


def start(command: list[str], port: int, log: Path, settings: Mapping[str, str], tree: Path = ROOT) -> Site:
    """Start a server, of the product in this tree, and return at once."""
    mark = token_hex(8)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDSPAN_")}
    environment |= {_MARK: mark, **settings}
    with log.open("a") as output:
        process = subprocess.Popen(command, cwd=tree, env=environment, stdout=output, stderr=output)
    return Site(port, process, log, mark)


def start_product(instance: Path, *, workers: int = 1, port: int = 0, **settings: str) -> Site:
    """Start `paidspan serve` on an instance, with its background worker."""
    port = port or free_port()
    command = [*SERVE, "--port", str(port), "--workers", str(workers), "--instance", str(instance)]
    return start(command, port, instance.with_name(f"log.{port}"), settings)


def start_module(module: str, instance: Path, **settings: str) -> Site:
    """Start a server of one process that runs a module in place of the product's own, without a background worker.

    HEADER_SECONDS and UNREAD_SECONDS among the settings say what they do in webapp/front/supervisor.py.
    """
    port = free_port()
    command = [sys.executable, "-c", _PROGRAM, f"{module}:application", str(port)]
    return start(command, port, instance.with_name(f"log.{port}"), {"PAIDSPAN_INSTANCE": str(instance), **settings})


@contextmanager
def running(site: Site) -> Iterator[Site]:
    """Wait for a server, and end all of its processes in the end."""
    try:
        site.wait()
        yield site
    finally:
        end(site)


def end(site: Site) -> None:
    """End a server, and whatever is left of it."""
    if site.process.poll() is None:
        site.process.terminate()
    try:
        site.process.wait(timeout=PATIENCE_SECONDS)
    finally:
        for number in site.processes():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

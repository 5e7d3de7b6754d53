"""A real server in a process of its own, and the browser it is looked at with."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMMAND = [sys.executable, "-m", "webapp.operations.cli"]
STARTING_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A running installation."""

    address: str
    instance: Path
    greeting: str

    def run(self, *arguments: str) -> str:
        """Runs a command of the product on this installation and answers what it printed."""
        done = subprocess.run(
            [*COMMAND, *arguments, "--instance", str(self.instance)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def serving(instance: Path) -> Iterator[Server]:
    """Serves an instance, made where it is missing, for as long as it is needed."""
    port = free_port()
    log = instance.parent / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDSPAN_")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--instance", str(instance)],
            stdout=output,
            stderr=output,
            env=environment,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/readyz", log)
        yield Server(address, instance, log.read_text())
    finally:
        process.terminate()
        process.wait(timeout=20)


def free_port() -> int:
    """Answers a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, log: Path) -> None:
    """Waits until a server answers there; raises AssertionError with its log when it does not."""
    for _ in range(STARTING_SECONDS * 10):
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not come up: {log.read_text()}")

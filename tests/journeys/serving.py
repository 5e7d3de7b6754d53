"""A real server in a process of its own, and the browser it is looked at with."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from tests.factories.ports import free_port
from tests.factories.postgres_database import new_postgres_database, on_postgres
from webapp.kit import clock
from webapp.operations.cli import cli

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
COMMAND = [sys.executable, "-m", "webapp"]
PATIENCE_SECONDS = 120  # for a server that comes up or goes, on a machine that has much else to do


@dataclass(frozen=True)
class Server:
    """A running installation."""

    address: str
    instance: Path
    greeting: str

    def run(self, *arguments: str) -> str:
        """Run a command of the product on this installation, in this process, and return what it printed."""
        done = CliRunner().invoke(cli, [*arguments, "--instance", str(self.instance)])
        clock.set_clock_offset(None)  # it has set this process's clock by the sandbox's
        assert done.exit_code == 0, done.output
        return done.stdout

    def forget_tries(self) -> None:
        """Forget what was counted for limits, as if the next reader came from somewhere else."""
        with closing(sqlite3.connect(self.instance / "tries.sqlite", timeout=30, isolation_level=None)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tries'").fetchone():
                connection.execute("DELETE FROM tries")


@contextmanager
def serving(instance: Path) -> Iterator[Server]:
    """Serve an instance, made where it is missing, for as long as it is needed."""
    if on_postgres() and not instance.exists():
        instance.mkdir(mode=0o700)
        Path(instance, "settings.toml").write_text(f'database_url = "{new_postgres_database()}"\n')
    port = free_port()
    log = instance.parent / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDSPAN_")}
    environment |= {"PAIDSPAN_SIGN_UP_SECONDS": "0"}  # a browser that is driven by a program is quick
    with log.open("w") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--instance", str(instance)],
            stdout=output,
            stderr=output,
            env=environment,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/readyz", process, log)
        yield Server(address, instance, log.read_text())
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers there; raise AssertionError with its log when it does not."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not come up: {log.read_text()}")

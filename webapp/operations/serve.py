"""The server: granian for the pages, one child process for the background work."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from webapp.kit.errors import ConflictError
from webapp.settings import PREFIX, Settings

BACKLOG = 128
BACKPRESSURE = 16


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to serve, and with how many processes."""

    host: str
    port: int
    workers: int


def serve(settings: Settings, listen: Listen) -> None:
    """Serves until it is told to stop; raises ConflictError when the port is taken."""
    _refuse_taken_port(listen)
    os.environ[f"{PREFIX}INSTANCE"] = str(settings.instance.resolve())
    os.environ[f"{PREFIX}BASE_URL"] = settings.base_url
    with _background():
        Granian(
            "webapp.operations.wsgi:application",
            address=listen.host,
            port=listen.port,
            interface=Interfaces.WSGI,
            workers=listen.workers,
            blocking_threads=settings.threads,
            backlog=BACKLOG,
            backpressure=max(BACKPRESSURE, settings.threads),
            websockets=False,
            log_level=LogLevels.warning,
            log_access=False,
        ).serve()


@contextmanager
def _background() -> Iterator[None]:
    """Runs the background worker beside the server, for as long as the server runs."""
    worker = subprocess.Popen([sys.executable, "-m", "webapp.operations.cli", "jobs", "run", "--with-parent"])
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=10)


def _refuse_taken_port(listen: Listen) -> None:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            raise ConflictError(
                f"Cannot serve on {listen.host}:{listen.port}: {error.strerror}.", "Choose another with --port."
            ) from error

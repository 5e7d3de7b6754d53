"""The server: granian for the pages, one child process for the background work."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from webapp.kit.errors import ConflictError
from webapp.kit.languages import gettext
from webapp.kit.translatable import _
from webapp.settings import PREFIX, Settings

BACKLOG = 1024
RESTART_SECONDS = 3
# Granian counts open connections here, idle ones too: three browsers that keep theirs open would fill sixteen, and the
# next reader would wait until one of them lets go.
CONNECTIONS = 1024


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to serve, and with how many processes."""

    host: str
    port: int
    workers: int


def serve(settings: Settings, listen: Listen) -> None:
    """Serve until it is told to stop."""
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
            backpressure=CONNECTIONS,
            websockets=False,
            log_level=LogLevels.error,
            log_access=False,
        ).serve()


@contextmanager
def _background() -> Iterator[None]:
    """Keep the background worker running beside the server, for as long as the server runs.

    It is started before the server is: a server's process that is forked in the middle of that would hold the pipe at
    whose end the start is waited for, and nobody would see the worker end.
    """
    stop = Event()
    keeper = Thread(target=_keep_working, args=(_worker(), stop), name="keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(timeout=10)


def _worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "webapp.operations.cli", "jobs", "run", "--with-parent"])


def _keep_working(worker: subprocess.Popen[bytes], stop: Event) -> None:
    """Start the worker again when it ends by itself or is killed."""
    while not stop.wait(0.2):
        if worker.poll() is not None:
            ended = gettext("the background worker ended (%(code)s); starting it again", code=worker.returncode)
            sys.stderr.write(f"paidspan: {ended}\n")
            if not stop.wait(RESTART_SECONDS):
                worker = _worker()
    worker.terminate()
    worker.wait(timeout=10)


def refuse_taken_port(listen: Listen) -> None:
    """Raise ConflictError when somebody else listens there."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            raise ConflictError(
                _(
                    "Cannot serve on %(host)s:%(port)s: %(error)s.",
                    host=listen.host,
                    port=listen.port,
                    error=error.strerror,
                ),
                _("Choose another with --port."),
            ) from error

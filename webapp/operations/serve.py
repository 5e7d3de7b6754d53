"""The server: the pages, and one child process for the background work."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from webapp.front.listen import Listen
from webapp.front.supervisor import STOP_SECONDS, Supervisor
from webapp.kit.languages import gettext
from webapp.observability.log_lines import is_json
from webapp.settings import PREFIX, Settings

RESTART_SECONDS = 3
log = logging.getLogger(__name__)


def serve(settings: Settings, listen: Listen) -> None:
    """Serve until it is told to stop."""
    os.environ[f"{PREFIX}INSTANCE"] = str(settings.instance.resolve())
    os.environ[f"{PREFIX}BASE_URL"] = settings.base_url
    with _background() as stop:
        Supervisor("webapp.front.served:application", listen, stop.set).serve()


@contextmanager
def _background() -> Iterator[Event]:
    """Keep the background worker running beside the server, until the event that this yields is set.

    It is started before the server is: a server's process that is forked in the middle of that would hold the pipe at
    whose end the start is waited for, and nobody would see the worker end.
    """
    stop = Event()
    keeper = Thread(target=_keep_working, args=(_worker(), stop), name="keeper", daemon=True)
    keeper.start()
    try:
        yield stop
    finally:
        stop.set()
        keeper.join()


def _worker() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "webapp.operations.background", str(os.getpid())]
    # Without pipes (posix_spawn), for a server's process that is forked at the same time would hold their ends.
    return subprocess.Popen(command, close_fds=False)  # noqa: S603 - this program's own command


def _tell_end(code: int) -> None:
    if is_json():
        log.error("the background worker ended (%s); starting it again", code)
    else:
        ended = gettext("the background worker ended (%(code)s); starting it again", code=code)
        sys.stderr.write(f"paidspan: {ended}\n")


def _keep_working(worker: subprocess.Popen[bytes], stop: Event) -> None:
    """Start the worker again when it ends by itself or is killed."""
    while not stop.wait(0.2):
        if worker.poll() is not None:
            _tell_end(worker.returncode)
            if not stop.wait(RESTART_SECONDS):
                worker = _worker()
    worker.terminate()
    with suppress(subprocess.TimeoutExpired):
        worker.wait(timeout=STOP_SECONDS)
    worker.kill()

"""The background worker: what is done every minute, and the sandbox's own postman."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from huey import SqliteHuey, crontab

from webapp.billing.counter import open_sandbox, open_till
from webapp.billing.inbox import drain
from webapp.billing.sandbox import Deliverer
from webapp.billing.sync import Till
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.settings import Settings


def run_jobs(settings: Settings) -> None:
    """Works until it is told to stop; a second worker of the same instance waits until the first is gone."""
    with _lease(settings.instance / "jobs.lock"):
        database = Database(settings.database)
        sandbox = open_sandbox(settings)
        clock.set_offset(sandbox.clock_offset if sandbox else None)
        till = open_till(settings, database, sandbox)
        stop = Event()
        if sandbox is not None:
            postman = Deliverer(sandbox, f"{settings.base_url}/webhooks/stripe")
            Thread(target=postman.run, args=(stop,), name="postman", daemon=True).start()
        drain(till)
        _queue(settings, till).create_consumer(workers=1).run()
        stop.set()


def _queue(settings: Settings, till: Till) -> SqliteHuey:
    """Answers the queue with all that is done by the clock."""
    queue = SqliteHuey("paidspan", filename=str(settings.instance / "jobs.sqlite"))

    @queue.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
    def drain_every_minute() -> None:
        drain(till)

    return queue


@contextmanager
def _lease(path: Path) -> Iterator[None]:
    """Holds the file's lock; the system takes it back even from a process that was killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""The background worker: what is done by the clock, what is done when it comes, and the sandbox's own postman."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from threading import Event, Thread

from flask import Flask
from huey import SqliteHuey, crontab
from sqlalchemy.orm import Session

from webapp.billing.context import BillingContext, current_billing, sandbox_of
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.billing.reconcile import delete_old_events, recheck_before_lapse, reconcile_all, reconcile_events
from webapp.billing.stripe_setup import learn_products
from webapp.billing.webhook_inbox import drain_inbox, has_waiting_events
from webapp.documents.image_cleanup import delete_unused_images
from webapp.documents.image_store import image_store
from webapp.documents.rerender import has_outdated_editions, rerender_all
from webapp.exports.cleanup import delete_outdated_files
from webapp.exports.export_jobs import has_waiting_exports, render_waiting
from webapp.exports.render import export_store
from webapp.factory import assemble
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import carrier_for, send_queued_emails
from webapp.kit.errors import PaymentsUnavailableError
from webapp.kit.file_store import FilesUnavailableError
from webapp.kit.heartbeat import BEAT_SECONDS, beat, end_heartbeat
from webapp.kit.http import database as database_of
from webapp.kit.instance_identity import find_rest_reason, introduce_instance, is_resting
from webapp.kit.measures import this_process
from webapp.kit.parent_process import end_with_parent
from webapp.kit.patience import WRITER_PATIENCE
from webapp.kit.spans import span
from webapp.kit.templating import email_renderer
from webapp.kit.worker_lease import hold_worker_lease
from webapp.observability.start import count_for_others, end_watching, show_process, start_watching
from webapp.personal_data.account_closing import finish_closings
from webapp.settings import Settings
from webapp.stripe_sandbox.webhook_delivery import WebhookDeliverer

_LOOK_SECONDS = 1.0
log = logging.getLogger(__name__)


def run_jobs(settings: Settings) -> None:
    """Work until it is told to stop; a second worker of the same database waits until the first is gone."""
    start_watching(settings, "worker")
    with hold_worker_lease(Database(settings.database), settings.instance / "jobs.lock"):
        count_for_others(settings, "worker")
        app = assemble(settings, WRITER_PATIENCE)
        with app.app_context():
            billing = current_billing()
        stop = Event()
        # Until the queue listens itself, which a busy machine may bring it to late.
        signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
        introduce_instance(billing.database, settings.base_url)
        log_rest(billing)
        show_life(billing)
        heartbeat = _beside("heartbeat", lambda: show_life(billing), stop, BEAT_SECONDS)
        _beside("measures", lambda: show_process("worker"), stop)
        _unless_away(lambda: learn_products(billing))
        _beside("inbox", lambda: _deal_with_events(billing), stop)
        _beside("editions", lambda: renew_editions(settings, billing.database), stop)
        _beside("exports", lambda: make_files(settings, billing.database), stop)
        _beside("mail", lambda: send_mails(app, settings, billing), stop)
        sandbox = sandbox_of(app)
        if sandbox is not None:
            rests = partial(is_resting, billing.database, settings.base_url)
            postman = WebhookDeliverer(sandbox, f"{settings.base_url}/webhooks/stripe", rests)
            Thread(target=postman.run, args=(stop,), name="postman", daemon=True).start()
        consumer = _queue(app, settings, billing).create_consumer(workers=1)
        if not stop.is_set():
            consumer.run()
        stop.set()
        heartbeat.join()  # a beat under way would bring back the row that is taken away now
        billing.database.write(end_heartbeat)


def log_rest(billing: BillingContext) -> None:
    """Write into the log that this installation rests, and why, where it does."""
    with billing.database.reading() as session:
        reason = find_rest_reason(session, billing.base_url)
    if reason is not None:
        log.warning("mails, webhooks and orders to stripe wait for `paidspan instance adopt`: %s", reason)


def show_life(billing: BillingContext) -> None:
    """Write the heartbeat, and tell the publisher where there was none for long."""

    def note(session: Session) -> None:
        silent_since = beat(session)
        if silent_since is not None:
            about = f"{silent_since:%Y-%m-%d %H:%M} UTC"
            alert_publisher(session, billing.mode, AlertCode.WORKER_SILENT, about)

    billing.database.write(note)


def _queue(app: Flask, settings: Settings, billing: BillingContext) -> SqliteHuey:
    """Return the queue with all that is done by the clock."""
    queue = SqliteHuey("paidspan", filename=str(settings.instance / "jobs.sqlite"))

    @queue.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
    def drain_every_minute() -> None:
        with _job("retries"):
            drain_inbox(billing)
            _unless_away(lambda: recheck_before_lapse(billing))
            finish_closings(billing)

    @queue.periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]  # as above
    def reconcile_every_ten_minutes() -> None:
        with _job("events"):
            _unless_away(lambda: reconcile_events(billing))

    @queue.periodic_task(crontab(minute="5-59/10"))  # type: ignore[untyped-decorator]  # as above
    def forget_files_every_ten_minutes() -> None:
        with _job("tidying"):
            forget_files(app, settings, billing.database)

    @queue.periodic_task(crontab(hour="3", minute="17"))  # type: ignore[untyped-decorator]  # as above
    def reconcile_every_night() -> None:
        with _job("night"):
            _unless_away(lambda: reconcile_all(billing))
            billing.database.write(delete_old_events)

    return queue


def forget_files(app: Flask, settings: Settings, database: Database) -> None:
    """Forget files that nothing leads to any more; where they cannot be reached, the next run does."""
    with suppress(FilesUnavailableError):  # which is in the log
        delete_outdated_files(export_store(app), database)
        delete_unused_images(image_store(settings), database)


@contextmanager
def _job(name: str) -> Iterator[None]:
    """Do something that is counted where it fails, and is a span."""
    try:
        with span(f"job {name}"):
            yield
    except Exception:
        this_process.add("worker_failures", name)
        raise


def _unless_away(ask: Callable[[], object]) -> None:
    try:
        ask()
    except PaymentsUnavailableError as error:
        log.warning("stripe cannot be asked now, the next run will: %s", error)


def _deal_with_events(billing: BillingContext) -> None:
    """Drain the inbox when something came in that the webhook had no time for."""
    if has_waiting_events(billing):
        with span("job inbox"):
            drain_inbox(billing)


def send_mails(app: Flask, settings: Settings, billing: BillingContext) -> int:
    """Send the mails that wait; return how many went: none while this installation rests."""
    if is_resting(billing.database, settings.base_url):
        return 0
    carrier = carrier_for(settings.mail_url, settings.instance / "outbox")
    return send_queued_emails(billing.database, email_renderer(app), carrier, settings.sender, clock.now())


def make_files(settings: Settings, database: Database) -> None:
    """Have the long files that are waited for made, where there are any."""
    if has_waiting_exports(database):
        _apart(settings, render_waiting)


def renew_editions(settings: Settings, database: Database) -> None:
    """Have what an older renderer made rendered anew, where there is any of it."""
    if has_outdated_editions(database):
        _apart(settings, _render_anew)


def _name_of(work: Callable[[Flask, Database], object]) -> str:
    return work.__name__.strip("_")


def _render_anew(_app: Flask, database: Database) -> None:
    for done in rerender_all(database):
        log.info("%d documents rendered anew", done)


def _apart(settings: Settings, work: Callable[[Flask, Database], object]) -> None:
    """Do something in a process of its own.

    It takes its memory, hundreds of MB for a long report, along when it ends.
    """
    child = get_context("spawn").Process(target=_work_apart, args=(settings, work), name=_name_of(work), daemon=True)
    child.start()
    child.join()
    if child.exitcode:
        this_process.add("worker_failures", _name_of(work))


def _work_apart(settings: Settings, work: Callable[[Flask, Database], object]) -> None:
    end_with_parent()
    start_watching(settings, "worker")
    app = assemble(settings, WRITER_PATIENCE)
    with app.app_context():
        database = database_of()
    try:
        with span(f"job {_name_of(work)}"):
            work(app, database)
    except Exception:
        log.exception("%s stumbled", _name_of(work))
        sys.exit(1)
    finally:
        database.close()
        end_watching()


def _beside(name: str, work: Callable[[], object], stop: Event, every: float = _LOOK_SECONDS) -> Thread:
    """Do something again and again in a thread of its own, and return it; what goes wrong once is tried anew."""

    def run() -> None:
        while not stop.wait(every):
            try:
                work()
            except Exception:
                this_process.add("worker_failures", name)
                log.exception("%s stumbled", name)

    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread

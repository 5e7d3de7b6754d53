"""What waits, what failed, and when things were last done, as the database says; asked for once in some seconds."""

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from threading import Lock

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.billing.reconcile import last_reconciled
from webapp.billing.stripe_outbox import count_waiting_commands
from webapp.billing.sync import count_behind
from webapp.billing.webhook_inbox import count_waiting_events, oldest_waiting_event
from webapp.exports.export_jobs import count_export_jobs
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import email_backlog
from webapp.kit.heartbeat import last_beat
from webapp.kit.instance_identity import find_rest_reason, last_backup
from webapp.kit.measures import MeasureKey
from webapp.settings import Settings

ASKED_AGAIN_SECONDS = 5.0


class QueueLengths:
    """Asks the database, and tells the same again to who asks soon after: a storm of scrapes does no harm."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._lock = Lock()
        self._told: dict[MeasureKey, float] = {}
        self._until = 0.0

    def read(self) -> dict[MeasureKey, float]:
        """Return the numbers by their keys."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._told = self._ask()
                self._until = time.monotonic() + ASKED_AGAIN_SECONDS
            return self._told

    def _ask(self) -> dict[MeasureKey, float]:
        told: dict[MeasureKey, float] = {("build_info", version("paidspan"), platform.python_version()): 1.0}
        try:
            with self._database.reading() as session:
                told |= dict(self._in_database(session))
        except DBAPIError:
            return told | {("database_answers",): 0.0}
        return told | {("database_answers",): 1.0}

    def _in_database(self, session: Session) -> Iterator[tuple[MeasureKey, float]]:
        mode, now = self._settings.mode, clock.now()
        beat_at, backup_at = last_beat(session), last_backup(session)
        silent = (clock.machine_now() - beat_at).total_seconds() if beat_at else float("inf")
        yield ("worker_heartbeat_age_seconds",), max(0.0, silent)
        mails = email_backlog(session)
        yield ("mails_failed",), mails.given_up
        yield ("mails_waiting",), mails.waiting
        oldest = oldest_waiting_event(session, mode)
        yield ("stripe_events_waiting",), count_waiting_events(session, mode)
        yield ("stripe_oldest_event_age_seconds",), max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        yield ("stripe_objects_behind",), count_behind(session, mode)
        yield ("stripe_commands_waiting",), count_waiting_commands(session, mode)
        waiting, given_up = count_export_jobs(session)
        yield ("export_jobs", "waiting"), waiting
        yield ("export_jobs", "failed"), given_up
        for scope, whole in (("events", False), ("whole", True)):
            run = last_reconciled(session, mode, whole=whole)
            if run is not None and run.finished_at is not None:
                yield ("last_reconciliation_timestamp_seconds", scope), run.finished_at.timestamp()
                yield ("last_reconciliation_drift", scope), run.drift
        if backup_at is not None:
            yield ("last_backup_timestamp_seconds",), backup_at.timestamp()
        yield ("resting",), float(find_rest_reason(session, self._settings.base_url) is not None)

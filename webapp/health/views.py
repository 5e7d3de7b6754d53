"""Whether the process lives, whether it can serve, and whether the one in the background works."""

import shutil

from flask import Blueprint, Response, current_app
from sqlalchemy.exc import DBAPIError

from webapp.accounts.permissions import public
from webapp.kit.current_settings import current_settings
from webapp.kit.heartbeat import is_silent, last_beat
from webapp.kit.http import database
from webapp.kit.instance_identity import find_rest_reason
from webapp.kit.migrate import is_current

LEAST_FREE = 20_000_000  # bytes: below that SQLite's log of writes and a mail or two still fit

health_checks = Blueprint("health", __name__)


@health_checks.get("/healthz")
@public
def alive() -> Response:
    """Return ok as long as the process lives."""
    return _said("ok")


@health_checks.get("/readyz")
@public
def ready() -> Response:
    """Return 200 when the database is there, its tables are those of this version and the disk is not full, else 503.

    A background worker that does nothing is told of and is no reason to turn readers away; nor is an installation that
    rests, being a copy.
    """
    problem = _database_problem() or _disk_problem()
    return problem or _said("\n".join(["ok", _worker_state()[0], *_warnings()]))


@health_checks.get("/readyz/worker")
@public
def worker_ready() -> Response:
    """Return 200 when the background worker works, else 503."""
    problem = _database_problem()
    if problem:
        return problem
    words, works = _worker_state()
    return _said(words, 200 if works else 503)


def _database_problem() -> Response | None:
    try:
        current = is_current(database())
    except DBAPIError as error:
        current_app.logger.error("not ready: %s", error.orig)  # noqa: TRY400 - the cause says it all
        return _said("database not reachable", 503)
    return None if current else _said("migrations missing: run paidspan serve once", 503)


def _disk_problem() -> Response | None:
    free = shutil.disk_usage(current_settings().instance).free
    return None if free >= LEAST_FREE else _said(f"disk full: {free:,} bytes are free in the instance folder", 503)


def _warnings() -> list[str]:
    with database().reading() as session:
        reason = find_rest_reason(session, current_settings().base_url)
    return [f"warning: mails and orders to Stripe wait for paidspan instance adopt: {reason}"] if reason else []


def _worker_state() -> tuple[str, bool]:
    """Return how the background worker is, in words, and whether that is well."""
    with database().reading() as session:
        beat_at = last_beat(session)
    if not is_silent(beat_at):
        return "background worker: ok", True
    since = f"silent since {beat_at:%Y-%m-%d %H:%M:%S} UTC" if beat_at else "not running"
    return f"background worker: {since}", False


def _said(words: str, status: int = 200) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")

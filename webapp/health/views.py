"""Whether the process lives, whether it can serve, and whether the one in the background works."""

from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import DBAPIError

from webapp.accounts.permissions import public
from webapp.kit import folder_state
from webapp.kit.current_settings import current_secret_keys, current_settings
from webapp.kit.doctors_pass import PASS_HEADER, RequestArrival, is_pass
from webapp.kit.errors import NotFoundError
from webapp.kit.folder_state import free_bytes, has_room, is_read_only
from webapp.kit.heartbeat import WorkerState, find_heartbeat, worker_state
from webapp.kit.http import database
from webapp.kit.instance_identity import find_rest_reason
from webapp.kit.migrate import SchemaAge, schema_age
from webapp.kit.translatable import _

health_checks = Blueprint("health", __name__)


@health_checks.get("/healthz")
@public
def alive() -> Response:
    """Return ok as long as the process lives."""
    return _said("ok")


@health_checks.get("/readyz")
@public
def ready() -> Response:
    """Return 200 when the database is there, its tables are those of this version and the disk takes more, else 503.

    A background worker that does nothing is told of and is no reason to turn readers away; nor is an installation that
    rests, being a copy, nor one whose tables a later version has changed: what runs goes on beside that one.
    """
    age = _tables_age()
    problem = _tables_problem(age) or _disk_problem()
    return problem or _said("\n".join(["ok", _worker_state()[0], *_warnings(age)]))


@health_checks.get("/readyz/worker")
@public
def worker_ready() -> Response:
    """Return 200 when the background worker works, else 503."""
    problem = _tables_problem(_tables_age())
    if problem:
        return problem
    words, works = _worker_state()
    return _said(words, 200 if works else 503)


@health_checks.get("/healthz/front")
@public
def show_arrival() -> Response:
    """Return to the doctor of this installation how its request arrived; to others there is no such page."""
    shown = request.headers.get(PASS_HEADER, "")
    if not any(is_pass(secret, shown) for secret in current_secret_keys()):
        raise NotFoundError(_("There is no page at this address."))
    forwarded = [one for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    return jsonify(asdict(RequestArrival(len(forwarded), request.scheme)))


def _tables_age() -> SchemaAge | None:
    """Return how the tables stand to this version, None where the database does not answer."""
    try:
        return schema_age(database())
    except DBAPIError as error:
        current_app.logger.error("not ready: %s", error.orig)  # noqa: TRY400 - the cause says it all
        return None


def _tables_problem(age: SchemaAge | None) -> Response | None:
    if age is None:
        return _said("database not reachable", 503)
    is_usable = age in {SchemaAge.CURRENT, SchemaAge.NEWER}
    return None if is_usable else _said("migrations missing: run paidspan serve once", 503)


def _disk_problem() -> Response | None:
    folder = current_settings().instance
    if is_read_only(folder):
        return _said("disk read-only: nothing can be written in the instance folder", 503)
    if has_room(folder):
        return None
    if free_bytes(folder) < folder_state.LEAST_FREE:
        return _said(f"disk full: {free_bytes(folder):,} bytes are free in the instance folder", 503)
    return _said("disk full: no more files can be made in the instance folder", 503)


def _warnings(age: SchemaAge | None) -> list[str]:
    with database().reading() as session:
        reason = find_rest_reason(session, current_settings().base_url)
    resting = [f"warning: mails and orders to Stripe wait for paidspan instance adopt: {reason}"] if reason else []
    return [*resting, *(["warning: a newer paidspan has changed the tables"] if age is SchemaAge.NEWER else [])]


def _worker_state() -> tuple[str, bool]:
    """Return how the background worker is, in words, and whether that is well."""
    with database().reading() as session:
        last = find_heartbeat(session)
    match worker_state(last):
        case WorkerState.WORKS:
            return "background worker: ok", True
        case WorkerState.SILENT if last:
            return f"background worker: silent since {last.beat_at:%Y-%m-%d %H:%M:%S} UTC", False
        case _:
            return "background worker: not running", False


def _said(words: str, status: int = 200) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")

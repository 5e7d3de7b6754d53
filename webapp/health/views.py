"""Whether the process lives, and whether it can serve."""

from flask import Blueprint, Response, current_app
from sqlalchemy.exc import DBAPIError

from webapp.accounts.permissions import public
from webapp.kit.http import database
from webapp.kit.migrate import is_current

health_checks = Blueprint("health", __name__)


@health_checks.get("/healthz")
@public
def alive() -> Response:
    """Return ok as long as the process lives."""
    return _said("ok")


@health_checks.get("/readyz")
@public
def ready() -> Response:
    """Return 200 when the database is there and its tables are those of this version, else 503."""
    try:
        current = is_current(database())
    except DBAPIError as error:
        current_app.logger.error("not ready: %s", error.orig)  # noqa: TRY400 - the cause says it all
        return _said("database not reachable", 503)
    return _said("ok") if current else _said("migrations missing: run paidspan serve once", 503)


def _said(words: str, status: int = 200) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")

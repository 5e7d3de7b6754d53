"""Whether the process lives, and whether it can serve."""

from flask import Blueprint, current_app
from sqlalchemy.exc import DBAPIError

from webapp.accounts.policy import public
from webapp.kit.http import database
from webapp.operations.migrate import is_current

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def alive() -> tuple[str, int]:
    """Answers as long as the process does."""
    return "ok\n", 200


@health.get("/readyz")
@public
def ready() -> tuple[str, int]:
    """Answers 200 when the database is there and its tables are those of this version, else 503."""
    try:
        current = is_current(database())
    except DBAPIError as error:
        current_app.logger.error("not ready: %s", error.orig)  # noqa: TRY400 - the cause says it all
        return "database not reachable\n", 503
    return ("ok\n", 200) if current else ("migrations missing: run paidspan serve once\n", 503)

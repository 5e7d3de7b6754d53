"""Errors as programs read them (RFC 9457)."""

from http import HTTPStatus

from flask import Response, jsonify

from webapp.kit.errors import PaidspanError
from webapp.kit.languages import gettext

CONTENT_TYPE = "application/problem+json"


def problem_response(error: PaidspanError) -> Response:
    """Return an error as a problem: its status in words, what is wrong, what to do, and what else it has to tell."""
    told = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": gettext(error.args[0]),
        "hint": gettext(error.hint),
        **error.members,
    }
    response = jsonify(told)
    response.content_type = CONTENT_TYPE
    return response

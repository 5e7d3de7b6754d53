"""What all pages of the desk have in common."""

from flask import Blueprint, Response

from webapp.kit.http import no_store


def desk_blueprint(name: str, import_name: str) -> Blueprint:
    """Return a blueprint whose pages lie under /desk, are kept nowhere and are in no index of a search engine."""
    pages = Blueprint(name, import_name, url_prefix="/desk")
    pages.after_request(no_store)
    pages.after_request(_no_index)
    return pages


def _no_index(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response

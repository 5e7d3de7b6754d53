"""Reading offline: the worker that a browser runs, what it keeps, and what it may still keep."""

from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from webapp.access.current import standing_here
from webapp.access.opening import open_document
from webapp.accounts.login import current_reader
from webapp.accounts.permissions import public, signed_in
from webapp.kit import clock
from webapp.kit.errors import NotFoundError, WithdrawnError
from webapp.kit.http import no_store, reading
from webapp.reading.offline_copies import Keeping, keeping_of, mark_of

offline = Blueprint("offline", __name__)

MOST = 100  # documents asked about at once


@offline.get("/sw.js")
@public
def worker() -> Response:
    """Give the browser of a reader who asked for it what keeps documents; at the root, to serve every page."""
    script = current_app.send_static_file("js/sw.js")
    script.headers["Cache-Control"] = "no-cache"
    return script


@offline.get("/library/offline")
@signed_in
def kept() -> Response | str:
    """Show what this browser keeps; the list is the browser's own."""
    return render_template("reading/offline.html")


@offline.get("/library/offline.json")
@signed_in
def still_readable() -> Response:
    """Tell a browser for whom it may keep what, of the documents it names (`d`); those that are missing it forgets."""
    reader = current_reader()
    assert reader is not None
    found = {slug: _keeping(slug) for slug in dict.fromkeys(request.args.getlist("d")[:MOST])}
    documents = {slug: asdict(keeping) for slug, keeping in found.items() if keeping}
    return no_store(jsonify(reader=mark_of(reader), documents=documents))


def _keeping(slug: str) -> Keeping | None:
    now = clock.now()
    try:
        return keeping_of(open_document(reading(), slug, standing_here, now), now)
    except (NotFoundError, WithdrawnError):
        return None

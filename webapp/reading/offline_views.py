"""Reading offline: the worker that a browser runs, what it keeps, and what it may still keep."""

from dataclasses import asdict

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from webapp.access.current_standing import current_standing
from webapp.access.open_document import open_document
from webapp.accounts.login import signed_in_reader
from webapp.accounts.permissions import public, signed_in
from webapp.kit import clock
from webapp.kit.errors import NotFoundError, WithdrawnError
from webapp.kit.http import no_store, read_session
from webapp.reading.offline_copies import copy_mark, former_copy_marks, keeping_seconds, offline_copy_of

offline_pages = Blueprint("offline", __name__)

MAX_ASKED_AT_ONCE = 100  # documents asked about at once


@offline_pages.get("/sw.js")
@public
def worker() -> Response:
    """Give the browser of a reader who asked for it what keeps documents; at the root, to serve every page."""
    script = current_app.send_static_file("js/sw.js")
    script.headers["Cache-Control"] = "no-cache"
    return script


@offline_pages.get("/library/offline")
@signed_in
def kept() -> Response | str:
    """Show what this browser keeps; the list is the browser's own."""
    return render_template("reading/offline.html")


@offline_pages.get("/library/offline.json")
@signed_in
def still_readable() -> Response:
    """Tell a browser for whom it may keep what, of the documents it names (`d`); those that are missing it forgets."""
    found = {slug: _keeping(slug) for slug in dict.fromkeys(request.args.getlist("d")[:MAX_ASKED_AT_ONCE])}
    documents = {slug: keeping for slug, keeping in found.items() if keeping}
    reader = signed_in_reader()
    return no_store(jsonify(reader=copy_mark(reader), former=former_copy_marks(reader), documents=documents))


def _keeping(slug: str) -> dict[str, object] | None:
    now = clock.now()
    try:
        opening = open_document(read_session(), slug, current_standing, now)
    except (NotFoundError, WithdrawnError):
        return None
    copy = offline_copy_of(opening)
    return {**asdict(copy), "seconds": keeping_seconds(opening.ends_at, now)} if copy else None

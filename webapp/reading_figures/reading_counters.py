"""Where an application counts how its documents are read: pages as they are answered, and what they say they showed."""

from typing import cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, request

from webapp.kit.answer_notes import notes_on
from webapp.kit.current_settings import settings_in
from webapp.kit.database import Database
from webapp.kit.request_source import source_of
from webapp.kit.shown_documents import noted_document_view
from webapp.reading_figures.count_keeper import CountKeeper
from webapp.reading_figures.tally import ReadingTally
from webapp.reading_figures.visits import is_robot, visit_of

_TALLY, _KEEPER = "paidspan.reading_tally", "paidspan.reading_count_keeper"
SHOWN = {200, 304}  # answers by which somebody sees a page


def install_reading_counts(app: Flask, database: Database) -> None:
    """Have an application count which documents it shows."""
    tally = app.extensions[_TALLY] = ReadingTally()
    app.extensions[_KEEPER] = CountKeeper(database, tally, lambda: ZoneInfo(settings_in(app).timezone))
    app.after_request(_count_page)


def tally_of(app: Flask) -> ReadingTally:
    """Return what an application has counted."""
    return cast("ReadingTally", app.extensions[_TALLY])


def count_keeper_of(app: Flask) -> CountKeeper:
    """Return what stores the counts of an application."""
    return cast("CountKeeper", app.extensions[_KEEPER])


def own_host_of(app: Flask) -> str:
    """Return the name of the site that an application is."""
    return urlsplit(settings_in(app).base_url).hostname or ""


def _count_page(response: Response) -> Response:
    """Count the page of a document that is answered here, and note it for who may answer it again."""
    view = noted_document_view()
    if view is None or response.status_code not in SHOWN:
        return response
    notes = notes_on(request.environ)
    if notes is not None:
        notes.view = view
    if request.method == "GET":
        headers = request.headers
        told = (headers.get("Referer", ""), headers.get("User-Agent", ""), headers.get("Sec-Purpose", ""))
        tally_of(current_app).count_view(view, visit_of(*told, own_host_of(current_app)))
    return response


def count_events_of_page(slug: str, gates: list[int], *, end: bool) -> None:
    """Count what a page says its reader has seen, unless a program says so or a page of another site."""
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
    if elsewhere or is_robot(request.headers.get("User-Agent", "")):
        return
    tally_of(current_app).count_events(slug, gates, end=end, sender=source_of(request.remote_addr))

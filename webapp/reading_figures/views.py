"""What pages say of what their readers saw of them. The answer is the same for all, and says nothing."""

from contextlib import suppress

from flask import Blueprint, request

from webapp.accounts.permissions import public
from webapp.kit.request_costs import largest_body
from webapp.reading_figures.reading_counters import count_events_of_page

reading_event_pages = Blueprint("reading_events", __name__)
_LARGEST = 4_000  # bytes
_MOST = 300  # gates that one page tells of


@reading_event_pages.post("/d/<slug>/seen")
@public
@largest_body(_LARGEST)
def count_seen(slug: str) -> tuple[str, int]:
    """Count the gates that came into a window, and that the end did; whatever is sent, the answer is the same."""
    gates = []
    for told in request.form.getlist("gate")[:_MOST]:
        with suppress(ValueError):
            gates.append(int(told[:5]))
    count_events_of_page(slug, gates, end="end" in request.form)
    return "", 204

"""What is known of a request before Flask sees it: its rule, which pool it belongs to, how large its body may be."""

from dataclasses import dataclass
from enum import Enum

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from webapp.kit.current_settings import settings_in
from webapp.kit.request_costs import (
    LARGEST_FORM,
    does_ask_others,
    does_fetch_files,
    does_search,
    is_long,
    largest_body_of,
)

_READS = {"GET", "HEAD", "OPTIONS"}
NOWHERE = "none"  # the rule of what leads nowhere


class Work(Enum):
    """What a request has a thread do. Each has threads of its own, so that none waits for another kind."""

    READING = "reading"
    SEARCHING = "searching"
    WRITING = "writing"
    LONG = "long"
    ASKING = "asking"  # Stripe
    FETCHING = "fetching"  # from a bucket


@dataclass(frozen=True, slots=True)
class RouteCosts:
    """Where a request leads; `rule` is an address as Flask has it, which names nothing that somebody asks for."""

    work: Work
    largest_body: int
    rule: str = NOWHERE


class Routes:
    """The routes of an application, looked up as Flask does."""

    def __init__(self, app: Flask) -> None:
        self._views = app.view_functions
        self._map = app.url_map.bind("")
        self._kinds = {Work.LONG: is_long, Work.ASKING: does_ask_others, Work.SEARCHING: does_search}
        if settings_in(app).storage_url:
            self._kinds[Work.FETCHING] = does_fetch_files

    def find(self, method: str, path: str) -> RouteCosts:
        """Return where a request leads; what leads nowhere is for Flask to say so."""
        plain = Work.READING if method in _READS else Work.WRITING
        try:
            rule, _values = self._map.match(path, method, return_rule=True)
        except (HTTPException, RequestRedirect):
            return RouteCosts(plain, LARGEST_FORM)
        view = self._views[rule.endpoint]
        special = next((work for work, is_of_kind in self._kinds.items() if is_of_kind(view)), plain)
        return RouteCosts(special, largest_body_of(view), rule.rule)

"""A request as it is counted, logged and traced: by its rule, its kind of work and its status alone."""

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Flask

from webapp.front.asgi import AsgiScope, Message, Send
from webapp.front.raw_answer import RawAnswer
from webapp.front.routes import RouteCosts, Work
from webapp.kit import randomness
from webapp.kit.asked_request import AskedRequest, answering
from webapp.kit.clock import machine_now
from webapp.kit.current_settings import settings_in
from webapp.kit.measures import this_process
from webapp.observability.log_lines import log_request
from webapp.observability.metric_table import BUCKETS
from webapp.observability.tracing import is_tracing, request_span

_T = TypeVar("_T")
_METHODS = {"GET", "HEAD", "POST"}
_REFUSED = {408, 413, 429, 503}
_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_ID_HEADER, _ID_BYTES = b"x-request-id", 8
_PARENT_HEADERS = (b"traceparent", b"tracestate")
_FROM_MEMORY = "memory"  # the route of what Flask was not asked: looking it up would cost as much as the answer


class RequestWatch:
    """Counts requests, and names them where somebody would look for one: in a log of objects, or in Sentry."""

    def __init__(self, app: Flask) -> None:
        settings = settings_in(app)
        self._believes_headers = settings.trusted_proxies > 0
        self._logs = settings.log_format == "json"
        self.names_remembered = self._logs  # whether answers from memory have an id and a line in the log, too
        self._names = self._logs or bool(settings.sentry_dsn) or is_tracing()
        self._numbers = this_process.numbers
        self._found = {status: this_process.place("answers_from_memory", str(status)) for status in (200, 304)}
        self._not_found = this_process.place("answers_not_in_memory")
        self._durations = {work: _duration_places(work) for work in Work}

    def remembered(self, status: int) -> None:
        """Count an answer from memory."""
        self._numbers[self._found[status]] += 1

    def not_remembered(self) -> None:
        """Count a question that memory could not answer."""
        self._numbers[self._not_found] += 1

    def name_remembered(self, scope: AsgiScope, answer: RawAnswer, begun: float) -> list[tuple[bytes, bytes]]:
        """Log an answer from memory; return its headers with the id, which is in none that is remembered."""
        asked = self._asked(scope, _FROM_MEMORY)
        log_request(asked, answer.status, time.perf_counter() - begun, remembered=True)
        return [*answer.headers, (_ID_HEADER, asked.id.encode())]

    def begin(self, scope: AsgiScope, route: RouteCosts, send: Send) -> "WatchedRequest":
        """Return a request that begins now."""
        asked = self._asked(scope, route.rule) if self._names else None
        return WatchedRequest(self, route, asked, self._parent(scope) if asked else {}, send, _method(scope))

    def answered(self, watched: "WatchedRequest", status: int) -> None:
        """Count a request, whose answer is about to be sent, and log it."""
        seconds, route = time.perf_counter() - watched.begun, watched.route
        numbers, (total, *buckets) = self._numbers, self._durations[route.work]
        numbers[buckets[bisect_left(BUCKETS, seconds)]] += 1
        numbers[total] += seconds
        numbers[this_process.place("requests", route.rule, watched.method, f"{status // 100}xx")] += 1
        if status in _REFUSED:
            numbers[this_process.place("refused_requests", str(status))] += 1
        if self._logs and watched.asked:
            log_request(watched.asked, status, seconds)

    def _asked(self, scope: AsgiScope, route: str) -> AskedRequest:
        return AskedRequest(self._id(scope), _method(scope), route)

    def _id(self, scope: AsgiScope) -> str:
        """Return the id that a proxy which is believed gave a request, or a new one."""
        if self._believes_headers:
            given = [value for name, value in scope["headers"] if name == _ID_HEADER]
            if len(given) == 1 and _ID.fullmatch(given[0]):
                return bytes(given[0]).decode()
        return randomness.token(_ID_BYTES)

    def _parent(self, scope: AsgiScope) -> Mapping[str, str]:
        if not self._believes_headers:
            return {}
        return {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _PARENT_HEADERS}


class WatchedRequest:
    """One request that Flask is asked, or that is refused before it."""

    def __init__(
        self,
        watch: RequestWatch,
        route: RouteCosts,
        asked: AskedRequest | None,
        parent: Mapping[str, str],
        send: Send,
        method: str,
    ) -> None:
        self.route, self.asked, self.method = route, asked, method
        self._watch, self._parent, self._send = watch, parent, send
        self._begun_at = machine_now().timestamp()
        self.begun = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Send a part of the answer (ASGI's `send`); its beginning is counted and bears the request's id."""
        if message["type"] == "http.response.start":
            self._watch.answered(self, message["status"])
            if self.asked is not None:
                message = {**message, "headers": [*message["headers"], (_ID_HEADER, self.asked.id.encode())]}
        await self._send(message)

    def traced(self, work: Callable[[], _T], status_of: Callable[[_T], int]) -> _T:
        """Do the work of a thread for this request, and return what it returns."""
        if self.asked is None:
            return work()
        with answering(self.asked), request_span(self.asked, self._parent, self._begun_at) as answered:
            done = work()
            if answered is not None:
                answered(status_of(done))
            return done

    def named(self, work: Callable[[], _T]) -> _T:
        """Do something else for this request, so that what it logs can be found by the id."""
        with answering(self.asked):
            return work()


def _duration_places(work: Work) -> list[int]:
    """Return where the durations of a kind of work are counted: their sum, then each bucket."""
    ends = ("sum", *map(str, BUCKETS), "+Inf")
    return [this_process.place("request_duration_seconds", work.value, end) for end in ends]


def _method(scope: AsgiScope) -> str:
    method: str = scope["method"]
    return method if method in _METHODS else "other"

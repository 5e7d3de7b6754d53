"""Readers from outside, all the while: what they ask is counted, and what was acknowledged is kept to be compared."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import requests

from tests.cluster.installation import Browser

_Ask = Callable[[], requests.Response]
_PAUSE = 0.05  # seconds between two requests of one who reads
_WRITES_EVERY = 1.1  # seconds; a person is let do something every second
_PATIENCE = 20.0  # seconds, after which an answer counts as failed


@dataclass
class Tally:
    """What was asked in a while: how much of it failed, and how long nobody got an answer at most."""

    asked: int = 0
    failed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    longest_gap: float = 0.0
    slowest: float = 0.0
    slowest_was: str = ""
    written: int = 0
    unsure: int = 0  # writes that were not acknowledged, whatever became of them

    def __str__(self) -> str:
        kinds = ", ".join(f"{times} × {kind}" for kind, times in Counter(self.failed).items())
        return (
            f"{self.asked} requests, {len(self.failed)} failed{f' ({kinds})' if kinds else ''}, "
            f"longest gap {self.longest_gap:.2f} s, slowest answer {self.slowest:.2f} s ({self.slowest_was}); "
            f"{self.written} writes acknowledged, {self.unsure} not"
        )


class Load:
    """Visitors and a reader who read, and a reader who sets and removes bookmarks."""

    def __init__(self, visitor: Browser, reader: Browser, slugs: list[str], paid: str) -> None:
        self._visitor, self._reader, self._slugs, self._paid = visitor, reader, slugs, paid
        self._lock, self._writing, self._ended = threading.Lock(), threading.Lock(), threading.Event()
        self._answered_at = time.monotonic()
        self.tally = Tally()
        self.kept: dict[str, bool | None] = {}  # by document: as it was acknowledged last, None where nobody knows
        works = (self._visit, self._visit_documents, self._read, self._write)
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Have nothing be written meanwhile."""
        with self._writing:
            yield

    def take(self) -> Tally:
        """Return the tally so far, and begin another one."""
        with self._lock:
            self._hear(time.monotonic())
            taken, self.tally = self.tally, Tally()
            return taken

    def _hear(self, now: float) -> None:
        self.tally.longest_gap = max(self.tally.longest_gap, now - self._answered_at)
        self._answered_at = now

    def _visit(self) -> None:
        while not self._ended.wait(_PAUSE):
            self._ask(lambda: self._visitor.get("/", _PATIENCE))

    def _visit_documents(self) -> None:
        browser = Browser(self._visitor.address)
        for number in count():
            if self._ended.wait(_PAUSE):
                return
            slug = self._slugs[number % len(self._slugs)]
            self._ask(lambda slug=slug: browser.get(f"/d/{slug}", _PATIENCE), without=self._paid)

    def _read(self) -> None:
        browser = Browser(self._visitor.address)
        browser.session.cookies.update(self._reader.session.cookies)
        while not self._ended.wait(_PAUSE):
            self._ask(lambda: browser.get(f"/d/{self._slugs[0]}", _PATIENCE), holds=self._paid)

    def _write(self) -> None:
        token = self._reader.token()
        for number in count():
            if self._ended.wait(_WRITES_EVERY):
                return
            slug, keep = self._slugs[number % len(self._slugs)], ("yes", "no")[number // len(self._slugs) % 2]
            form = {"keep": keep, "csrf_token": token}
            with self._writing:
                self._set_bookmark(slug, form)

    def _set_bookmark(self, slug: str, form: dict[str, str]) -> None:
        answer = self._ask(lambda: self._reader.post(f"/d/{slug}/bookmark", _PATIENCE, **form))
        acknowledged = answer is not None and answer.status_code == requests.codes.see_other
        with self._lock:
            self.kept[slug] = form["keep"] == "yes" if acknowledged else None
            self.tally.written += acknowledged
            self.tally.unsure += not acknowledged

    def _ask(self, ask: _Ask, holds: str = "", without: str = "") -> requests.Response | None:
        begun = time.monotonic()
        try:
            answer, failed = ask(), ""
        except requests.RequestException as error:
            answer, failed = None, type(error).__name__
        now = time.monotonic()
        if answer is not None and answer.status_code >= requests.codes.bad_request:
            failed = str(answer.status_code)
        with self._lock:
            self.tally.asked += 1
            if now - begun > self.tally.slowest:
                self.tally.slowest, self.tally.slowest_was = now - begun, _name(answer, failed)
            if failed:
                self.tally.failed.append(failed)
                return answer
            self._hear(now)
            assert answer is not None
            if holds not in answer.text or (without and without in answer.text):
                self.tally.wrong.append(f"{answer.request.url}: {answer.text[:2000]}")
        return answer


def _name(answer: requests.Response | None, failed: str) -> str:
    return f"{answer.request.method} {answer.request.path_url}: {answer.status_code}" if answer is not None else failed

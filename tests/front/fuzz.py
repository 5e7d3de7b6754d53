"""Odd requests by the thousand against the served product: `python -m tests.front.fuzz [REQUESTS] [--seed SEED]`.

No answer is a 5xx, nothing that looks like a traceback is in the log, no redirect leads to a foreign host, and the
server lives. What fails is printed, with the request.
"""

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from tests.factories.house import SECRET, House, build_house
from tests.factories.people import People, token_in
from tests.front.odd_requests import OddRequest, OddRequests, Who
from tests.front.raw import NOTHING, RawAnswered, RawClient
from tests.front.serving import Site, running, start_module

NEW_READER_EVERY = 250  # requests; some of them sign out, close the account, or change its password
_SOON = 0.3  # seconds in which a request that is none is answered, or never
_OURS = {"", "localhost", "127.0.0.1", "127.0.0.1:8000"}
_TELLS_OF_ANOTHER = "health.worker_ready"  # 503 where there is no worker in the background, as here
_PROBLEMS = ("Traceback", "Exception on", "panicked", "not answered")


@dataclass
class Outcome:
    """What came of many requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Fuzzer:
    """Sends odd requests to a server and looks at what comes."""

    def __init__(self, site: Site, house: House, seed: int) -> None:
        self._site, self._house = site, house
        rules = [rule for rule in house.app.url_map.iter_rules() if rule.endpoint != _TELLS_OF_ANOTHER]
        self._requests = OddRequests(rules, random.Random(seed))
        self._chance = random.Random(seed)
        self._read = site.log.stat().st_size
        self._client: RawClient | None = None
        self._readers = 0
        self.outcome = Outcome()

    def run(self, number: int) -> Outcome:
        """Send so many requests, at most a few failures long."""
        for sent in range(number):
            if sent % NEW_READER_EVERY == 0:
                readers = self._new_readers()
            self._try(self._requests.make(self._chance.choice(readers)))
        self._close()
        return self.outcome

    def _new_readers(self) -> list[Who]:
        """Return somebody who just signed in, and a visitor with a form's token."""
        self._readers += 1
        people, email = People(self._house.app, self._house.database), f"odd{self._readers}@example.com"
        reader = people.reader(email)
        if self._chance.random() < 0.5:
            people.grant(reader)
        slug, bearer = self._house.document.slug, people.token(reader)
        browsers = [people.browser(email), self._house.app.test_client()]
        tokens = [token_in(browsers[0].get("/account")), token_in(browsers[1].get("/login"))]
        return [Who(_cookies(browser), token, bearer, slug) for browser, token in zip(browsers, tokens, strict=True)]

    def _try(self, request: OddRequest) -> None:
        answer = self._ask(request)
        self.outcome.statuses[answer.status] += 1
        for problem in self._problems(request, answer):
            self.outcome.failures.append(f"{problem}\n{request.data[:3000]!r}\n{self._new_in_log()}")
        if len(self.outcome.failures) > 200:
            raise SystemExit("\n\n".join(self.outcome.failures))

    def _problems(self, request: OddRequest, answer: RawAnswered) -> Iterator[str]:
        if answer.status >= 500:
            yield f"answered {answer.status}"
        elif answer.status == 0 and not request.mangled:
            yield "not answered"
        if urlsplit(answer.headers.get("location", "")).netloc not in _OURS:
            yield f"led to {answer.headers['location']}"
        if self._site.process.poll() is not None:
            raise SystemExit(f"the server ended after {request.data!r}")
        if self._site.log.stat().st_size > self._read and any(word in self._new_in_log() for word in _PROBLEMS):
            yield "told so in the log"
            self._read = self._site.log.stat().st_size

    def _new_in_log(self) -> str:
        return self._site.log.read_bytes()[self._read :].decode(errors="replace")[-6000:]

    def _ask(self, request: OddRequest) -> RawAnswered:
        """Ask over the connection that is open; over a new one where that was closed, as a server may at any time."""
        if request.mangled:
            return self._ask_mangled(request)
        for _again in range(2):
            fresh = self._client is None
            client = self._client = self._client or RawClient(self._site.port)
            client.send(request.data)
            answer = _final(client, request.method)
            if answer.status == 0 or answer.headers.get("connection", "") == "close":
                self._close()
            if answer.status or fresh:
                return answer
        return NOTHING

    def _ask_mangled(self, request: OddRequest) -> RawAnswered:
        with RawClient(self._site.port, _SOON) as client:
            client.send(request.data)
            return _final(client, request.data.split(b" ")[0].decode("latin-1"))

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _final(client: RawClient, method: str) -> RawAnswered:
    """Return an answer; what is said before it is passed over."""
    while True:
        answer = client.answer(to_head=method == "HEAD")
        if answer.status != 100:
            return answer


def _cookies(browser) -> str:
    held = [browser.get_cookie(name) for name in ("paidspan", "remember_token", "known_device")]
    return "; ".join(f"{one.key}={one.value}" for one in held if one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requests", type=int, nargs="?", default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(mkdtemp(prefix="paidspan-fuzz-"))
    house = build_house(folder / "instance")
    begun = time.monotonic()
    try:
        with running(start_module("tests.front.impatient", house.folder, PAIDSPAN_SECRET_KEY=SECRET)) as site:
            outcome = Fuzzer(site, house, asked.seed).run(asked.requests)
    finally:
        house.let_go()
        shutil.rmtree(folder)
    for failure in outcome.failures:
        print(failure, end="\n\n")
    took = time.monotonic() - begun
    print(f"{asked.requests:,} requests, seed {asked.seed}, {took:.0f} s: {dict(sorted(outcome.statuses.items()))}")
    sys.exit(f"{len(outcome.failures)} failures" if outcome.failures else 0)


if __name__ == "__main__":
    main()

"""A served house at length: `python -m tests.faults.soak [SECONDS] [sqlite|postgresql]`, an hour on SQLite by itself.

Visitors and a reader read, search, download and keep; events come from Stripe; texts are published anew. Prints what
its processes hold and how large its data is, as it begins, in between and at the end, and fails where something grew
that has no reason to: memory or handles after a quarter of the time, or the database by more than what came in.
"""

import http.client
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from urllib.parse import quote

from sqlalchemy import text

from tests.factories.shelf import Shelf
from tests.faults.writing_load import LoadedHouse, WritingLoad, loaded_house
from tests.front.serving import Site, wait_until

HOUR = 3600
LINES = 12  # in between
UNTIL_AWAKE = 500  # answers
PAGE = os.sysconf("SC_PAGE_SIZE")
MORE_MEMORY, MORE_HANDLES = 25_000_000, 12  # of all processes together, after a quarter of the time
BYTES_OF_AN_EVENT, MORE_DATA = 8_000, 20_000_000  # with its indexes; a log of writes that waits to be folded in
SEARCH = quote("/search?q=报告", safe="/?=")
FOR_VISITORS = ["/", "/d/{}", "/feed.atom", "/sitemap.xml", SEARCH, "/nothing", "/api/v1/documents", "/plans"]
FOR_A_READER = ["/d/{}", "/library", "/account", SEARCH, "/d/{}/notes", "/d/{}.epub"]


@dataclass(frozen=True)
class Held:
    """What all processes of a server hold, and how much data there is."""

    after: float
    processes: int
    memory: int
    handles: int
    threads: int
    database: int
    files: int
    events: int

    def __str__(self) -> str:
        return (
            f"{self.after:6.0f} s  {self.processes} processes  {self.memory / 1e6:6.1f} MB  {self.handles:4} handles  "
            f"{self.threads:3} threads  database {self.database / 1e6:6.1f} MB  instance {self.files / 1e6:6.1f} MB  "
            f"{self.events} events taken"
        )


class Traffic:
    """What goes on all the while, each kind in a thread of its own."""

    def __init__(self, loaded: LoadedHouse, site: Site, folder: Path) -> None:
        self.loaded, self.site, self.events = loaded, site, loaded.load(site)
        self.answers: Counter[int | str] = Counter()
        self._slug, self._token = quote(loaded.house.document.slug), loaded.house.token
        self._shelf, self._ended = Shelf(loaded.house.database, folder), Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Have it go on meanwhile."""
        works = [(self._visit, 0.01), (self._read, 0.02), (self._keep, 1.1), (self._hear, 0.1), (self._publish, 5)]
        threads = [Thread(target=self._again, args=work, daemon=True) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _again(self, work: Callable[[int], None], pause: float) -> None:
        number = 0
        while not self._ended.wait(pause):
            work(number)
            number += 1

    def _ask(self, method: str, path: str, cookie: str = "", form: dict[str, str] | None = None) -> None:
        try:
            self.answers[self.site.ask(method, path.format(self._slug), cookie, form).status] += 1
        except (OSError, http.client.HTTPException) as error:
            self.answers[type(error).__name__] += 1

    def _visit(self, number: int) -> None:
        self._ask("GET", FOR_VISITORS[number % len(FOR_VISITORS)])

    def _read(self, number: int) -> None:
        self._ask("GET", FOR_A_READER[number % len(FOR_A_READER)], self.loaded.cookie)

    def _keep(self, number: int) -> None:
        form = {"keep": ("yes", "no")[number % 2], "csrf_token": self._token}
        self._ask("POST", "/d/{}/bookmark", self.loaded.cookie, form)

    def _hear(self, number: int) -> None:
        self.answers[self.events.post()] += 1

    def _publish(self, number: int) -> None:
        self._shelf.put(f"第{number % 7}版\n\n粮食报告。##paidbegin##第{number}次写成。##paidend##\n", "soak.txt")


def held_by(loaded: LoadedHouse, site: Site, events: WritingLoad, begun: float) -> Held:
    """Return what is held at this moment."""
    memory = handles = threads = 0
    processes = site.processes()
    for process in processes:
        with suppress(OSError):  # it may have ended
            memory += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
            handles += len([*Path(f"/proc/{process}/fd").iterdir()])
            threads += len([*Path(f"/proc/{process}/task").iterdir()])
    files = _bytes_of(loaded.house.folder, "*")
    after = time.monotonic() - begun
    return Held(after, len(processes), memory, handles, threads, _bytes_of_data(loaded), files, len(events.taken))


def _bytes_of(folder: Path, pattern: str) -> int:
    total = 0
    for path in folder.rglob(pattern):
        with suppress(OSError):
            total += path.stat().st_size
    return total


def _bytes_of_data(loaded: LoadedHouse) -> int:
    if loaded.server is None:
        return _bytes_of(loaded.house.folder, "paidspan.sqlite*")
    with loaded.house.database.reading() as session:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def soak(loaded: LoadedHouse, folder: Path, seconds: float, say: Callable[[str], object]) -> list[str]:
    """Have it go on for so long; return what grew that has no reason to, and what was answered wrongly."""
    with loaded.served() as site:
        traffic, seen = Traffic(loaded, site, folder), []
        with traffic.going_on():
            # A busy machine may not have started all threads and filled all memories after seconds.
            wait_until(lambda: traffic.answers.total() >= UNTIL_AWAKE)
            begun = time.monotonic()
            for line in range(LINES + 1):
                time.sleep(max(0.0, begun + seconds * line / LINES - time.monotonic()))
                seen.append(held_by(loaded, site, traffic.events, begun))
                say(str(seen[-1]))
        say(f"answers: {dict(traffic.answers)}")
    failed = {status: times for status, times in traffic.answers.items() if status in {500, "no answer"}}
    return [*_growth(seen[LINES // 4], seen[-1]), *([f"answers: {failed}"] if failed else [])]


def _growth(awake: Held, end: Held) -> Iterator[str]:
    """Return what grew beyond data; a process of five minutes may have come, as one that searches Chinese does."""
    if end.processes == awake.processes and end.memory - awake.memory > MORE_MEMORY:
        yield f"memory grew by {(end.memory - awake.memory) / 1e6:.1f} MB"
    if end.handles - awake.handles > MORE_HANDLES:
        yield f"{end.handles - awake.handles} handles more"
    if end.database - awake.database > (end.events - awake.events) * BYTES_OF_AN_EVENT + MORE_DATA:
        yield f"the database grew by {(end.database - awake.database) / 1e6:.1f} MB"


def main() -> int:
    seconds, kind = [*sys.argv[1:], *[str(HOUR), "sqlite"][len(sys.argv) - 1 :]]
    with TemporaryDirectory() as name, loaded_house(Path(name), on_postgresql=kind == "postgresql") as loaded:
        texts = Path(name) / "texts"
        texts.mkdir()
        wrong = soak(loaded, texts, float(seconds), lambda line: print(line, flush=True))
    print("\n".join(wrong) or "nothing grew that has no reason to")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Processes of a served house are killed at random moments: `python -m tests.front.kills [KILLS] [WORKERS] [SEED]`.

Each process but the supervisor, KILLS times in all: how long until the site answers again, and that all processes come
back. The supervisor, a fifth as often: how long until all its processes are gone, and that a new one serves at once.
"""

import os
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import quote

from tests.factories.house import SECRET, build_house
from tests.front.serving import Site, end, start_product, wait_until

PAUSE = 3.0  # seconds between two kills, at most: about as long as a process needs to come back


@dataclass(frozen=True)
class Killer:
    """Who kills, at moments chosen by lot."""

    instance: Path
    workers: int
    preview: str
    chance: random.Random
    pause: float = PAUSE

    def start(self, port: int = 0) -> Site:
        return start_product(self.instance, workers=self.workers, port=port, PAIDSPAN_SECRET_KEY=SECRET)

    def wait(self) -> None:
        time.sleep(self.chance.uniform(0, self.pause))

    def kill_children(self, kills: int) -> list[float]:
        """Serve and kill; return after how many seconds it answered again, each time. All processes come back."""
        site = self.start()
        try:
            site.wait(self.preview)
            took = [self._kill_child(site) for _ in range(kills)]
            wait_until(lambda: len(site.children()) == self.workers + 1)
            wait_until(lambda: site.answers("/readyz/worker"))
            assert site.process.poll() is None
        finally:
            end(site)
        return took

    def _kill_child(self, site: Site) -> float:
        self.wait()
        wait_until(lambda: bool(site.children()))
        kill(self.chance.choice(site.children()))
        return wait_until(lambda: site.answers(self.preview))

    def kill_supervisors(self, kills: int) -> list[float]:
        """Serve at one port again and again, and kill; return after how many seconds nothing was left, each time."""
        took, port = [], 0
        for _ in range(kills):
            site = self.start(port)
            port = site.port
            try:
                took.append(self._kill_supervisor(site))
            finally:
                end(site)
        site = self.start(port)
        try:
            site.wait("/readyz")
        finally:
            end(site)
        return took

    def _kill_supervisor(self, site: Site) -> float:
        if self.chance.random() < 0.5:
            site.wait(self.preview)
        self.wait()
        kill(site.process.pid)
        site.process.wait()
        return wait_until(lambda: not site.processes())


def kill(number: int) -> None:
    """Kill a process, be it there or not."""
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def told(seconds: list[float]) -> str:
    return f"{len(seconds)} times, median {median(seconds):.2f} s, longest {max(seconds):.2f} s"


def main() -> None:
    kills, workers, seed = ([int(word) for word in sys.argv[1:]] + [50, 1, 1][len(sys.argv) - 1 :])[:3]
    with TemporaryDirectory() as folder:
        house = build_house(Path(folder) / "instance")
        house.let_go()
        killer = Killer(house.folder, workers, quote(f"/d/{house.document.slug}"), random.Random(seed))
        children = killer.kill_children(kills)
        print(f"{workers} workers, a process killed: it answers again, {told(children)}")
        supervisors = killer.kill_supervisors(max(1, kills // 5))
        print(f"{workers} workers, the supervisor killed: nothing of it is left, {told(supervisors)}; a new one serves")


if __name__ == "__main__":
    main()

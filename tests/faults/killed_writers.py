"""Processes that are killed while they write: `python -m tests.faults.killed_writers [KILLS] [sqlite|postgresql]`."""

import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.writing_load import LoadedHouse, WritingLoad, loaded_house
from tests.front.serving import wait_until

BETWEEN = 2.0  # seconds between two kills, at most


def kill_while_writing(loaded: LoadedHouse, kills: int, chance: random.Random) -> WritingLoad:
    """Kill one of the processes again and again while events come in; return what came of them."""
    with loaded.served() as site:
        load = loaded.load(site)
        with load.going_on():
            for _ in range(kills):
                taken = len(load.taken)
                wait_until(lambda taken=taken: len(load.taken) > taken and bool(site.children()))
                time.sleep(chance.uniform(0, BETWEEN))
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(site.children()), signal.SIGKILL)
            taken = len(load.taken)
            wait_until(lambda: len(load.taken) > taken)
        wait_until(lambda: site.answers("/readyz/worker"))
    return load


def main() -> int:
    """Kill so often, and print what was lost."""
    kills, database = [*sys.argv[1:], *["50", "sqlite"][len(sys.argv) - 1 :]]
    with (
        TemporaryDirectory() as folder,
        loaded_house(Path(folder), on_postgresql=database == "postgresql") as loaded,
    ):
        load = kill_while_writing(loaded, int(kills), random.Random(1))
        lost = loaded.lost(load)
        print(f"{database}, {kills} kills: {dict(load.answers)}, {len(load.taken)} taken, {len(lost)} lost")
        print(f"of one payment, grants and receipts: {loaded.held()}")
        return 1 if lost or loaded.held() != (1, 1) else 0


if __name__ == "__main__":
    sys.exit(main())

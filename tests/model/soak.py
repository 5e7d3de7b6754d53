"""The model test at length: HISTORIES of them (100,000), from SEED, which is drawn and printed, in PROCESSES (2)."""

import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.model.figures import FIGURES, in_words
from tests.model.run import live, theatre

BATCH = 100


def batch(seeded: int, histories: int) -> tuple[Counter[str], str]:
    """Live a batch; return what was counted, and the history that came out wrong, if one did."""
    FIGURES.clear()
    try:
        with theatre() as world:
            live(world, histories, seeded)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
        notes = getattr(error, "__notes__", [])
        return Counter(FIGURES), "\n".join([f"seed {seeded}: {error}", *notes])
    return Counter(FIGURES), ""


def soak(histories: int, first: int, processes: int) -> int:
    """Live them all, with a line that says how far it came; return how many batches came out wrong."""
    sizes = [min(BATCH, histories - begun) for begun in range(0, histories, BATCH)]
    whole, wrong, began = Counter(), 0, time.monotonic()
    with ProcessPoolExecutor(processes, max_tasks_per_child=20) as pool:
        batches = [pool.submit(batch, first + number, size) for number, size in enumerate(sizes)]
        for done in as_completed(batches):
            figures, history = done.result()
            whole += figures
            wrong += bool(history)
            print(f"\r{whole['histories']:,} of {histories:,}, {time.monotonic() - began:.0f} s, {wrong} wrong", end="")
            if history:
                print(f"\n{history}")
            sys.stdout.flush()
    print(f"\n{in_words(whole)}")
    return wrong


def main() -> int:
    """Read the environment and soaks."""
    histories, processes = int(os.environ.get("HISTORIES", "100000")), int(os.environ.get("PROCESSES", "2"))
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))
    print(f"{histories:,} histories from SEED={first} in {processes} processes")
    return 1 if soak(histories, first, processes) else 0


if __name__ == "__main__":
    sys.exit(main())

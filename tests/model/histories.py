"""The model test at length: HISTORIES of them (100,000), from SEED, which is drawn and printed, in PROCESSES (2).

After them as many double ORDERS (10,000). An interrupt (Ctrl-C) ends either where it stands, with its figures. On
PostgreSQL (20,000) HISTORIES in each of which four processes act at once, one after the other, and no orders.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress

from tests.factories.postgres_database import on_postgres
from tests.model.at_once import company
from tests.model.doubles import order_twice
from tests.model.figures import FIGURES, in_words
from tests.model.run import live, theatre

BATCH = 100
_BATCHES_OF_A_PROCESS = 20
Batch = Callable[[int, int], tuple[Counter[str], str]]


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


def batch_of_orders(seeded: int, orders: int) -> tuple[Counter[str], str]:
    """Have a batch of double orders; return how many there were, and what was charged twice."""
    with theatre() as world:
        twice = {number: order_twice(world, number) for number in range(seeded * BATCH, seeded * BATCH + orders)}
    return Counter(histories=orders), "\n".join(f"order {number}: {found}" for number, found in twice.items() if found)


def batch_at_once(seeded: int, histories: int) -> tuple[Counter[str], str]:
    """Live a batch in which four processes act at once; return what was counted, and what came out wrong."""
    FIGURES.clear()
    with company() as processes:
        came = {number: processes.live(number) for number in range(seeded * BATCH, seeded * BATCH + histories)}
    return Counter(FIGURES), "\n".join(f"history {number}: {found}" for number, found in came.items() if found)


def soak(live_batch: Batch, histories: int, first: int, processes: int) -> int:
    """Live them all, with a line that says how far it came; return how many batches came out wrong."""
    sizes = [min(BATCH, histories - begun) for begun in range(0, histories, BATCH)]
    whole, wrong, began = Counter(), 0, time.monotonic()
    with suppress(KeyboardInterrupt):
        for figures, history in _in_new_processes(live_batch, [*enumerate(sizes, start=first)], processes):
            whole += figures
            wrong += bool(history)
            print(f"\r{whole['histories']:,} of {histories:,}, {time.monotonic() - began:.0f} s, {wrong} wrong", end="")
            if history:
                print(f"\n{history}")
            sys.stdout.flush()
    print(f"\n{in_words(whole)}")
    return wrong


def _in_new_processes(
    live_batch: Batch, batches: list[tuple[int, int]], processes: int
) -> Iterator[tuple[Counter[str], str]]:
    """Yield what came of batches, in processes that are made anew now and then, for they grow.

    Python 3.11's own way to do so (`max_tasks_per_child`) stands still when all of them end at once (CPython 115634).
    """
    share = processes * _BATCHES_OF_A_PROCESS
    for begun in range(0, len(batches), share):
        with ProcessPoolExecutor(processes) as pool:
            futures = [pool.submit(live_batch, *batch) for batch in batches[begun : begun + share]]
            try:
                yield from (done.result() for done in as_completed(futures))
            finally:
                pool.shutdown(cancel_futures=True)


def main() -> int:
    """Read the environment and soak."""
    if on_postgres():
        return _soak_at_once()
    histories, orders = int(os.environ.get("HISTORIES", "100000")), int(os.environ.get("ORDERS", "10000"))
    processes = int(os.environ.get("PROCESSES", "2"))
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))
    print(f"{histories:,} histories and {orders:,} double orders from SEED={first} in {processes} processes")
    wrong = soak(batch, histories, first, processes) + soak(batch_of_orders, orders, first, processes)
    return 1 if wrong else 0


def _soak_at_once() -> int:
    histories = int(os.environ.get("HISTORIES", "20000"))
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    print(f"{histories:,} histories of four processes at once from SEED={first}")
    return 1 if soak(batch_at_once, histories, first, 1) else 0


if __name__ == "__main__":
    sys.exit(main())

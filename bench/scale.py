"""What 100 million reads a day would mean, simulated: `python -m bench.scale`.

A node's memory of answers (`webapp/front/generations.py`, the product's own) is asked for documents as people read
them: few of them often, most of them seldom (Zipf, exponent 1). Each publication empties it. What it does not have,
Flask makes: a preview once, a full text for the first two readers, whose answers are compared.
"""

import sys
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from webapp.front.generations import Generations

READS_A_DAY, PEAK = 100_000_000, 4  # the peak is so many times the mean
VISITORS = 0.8  # the share of those who do not pay
DOCUMENTS, PREVIEW, FULL = 100_000, 6_600, 9_800  # how many; bytes of a packed page in memory, about (RESULTS.md)
SECONDS, AWAKE = 240, 60  # of a peak; those at its beginning are not counted
MADE_BY_FLASK = 380  # a second, of pages that nobody has asked for yet (row d'+)


@dataclass(frozen=True)
class House:
    """How an installation is set up."""

    nodes: int
    memory: int  # bytes of a kind of answers, on each node
    published_every: int  # seconds
    shared_cache: int = 0  # seconds that a cache in front may answer by itself


def simulate(house: House, chance: Random) -> tuple[float, float, float]:
    """Return what a node is asked and makes a second, and the share of visitors whom the cache in front answers."""
    popular = list(accumulate(1 / rank for rank in range(1, DOCUMENTS + 1)))
    memories = [Generations[int](house.memory) for _visitors_or_readers in range(2)]
    rate = READS_A_DAY / 86_400 * PEAK
    at_front: dict[int, float] = {}
    asked = made = visits = answered_in_front = 0
    published_at = 0.0
    for number in range(int(rate * SECONDS)):
        now = number / rate
        counts = now >= AWAKE
        document = bisect(popular, chance.random() * popular[-1])
        pays = chance.random() >= VISITORS
        visits += counts and not pays
        if not pays and now < at_front.get(document, 0):
            answered_in_front += counts
            continue
        at_front[document] = now + house.shared_cache
        if chance.randrange(house.nodes):
            continue  # another node's
        if now - published_at >= house.published_every:
            published_at = now
            for memory in memories:
                memory.clear()
        asked += counts
        known = memories[pays].get(document) or 0
        if known <= pays:
            made += counts
            memories[pays].put(document, known + 1, FULL if pays else PREVIEW)
    return asked / (SECONDS - AWAKE), made / (SECONDS - AWAKE), answered_in_front / max(1, visits)


def main() -> None:
    """Print a table: how an installation is set up, and what a node has to do at the peak."""
    rows = [
        House(nodes, memory * 1_000_000, every, cache)
        for nodes, memory, every, cache in [
            *((1, 6, 600, 0), (4, 6, 600, 0), (4, 200, 600, 0), (8, 200, 600, 0), (8, 200, 60, 0)),
            *((4, 200, 60, 60), (4, 200, 600, 60), (2, 200, 600, 300)),
        ]
    ]
    named = (
        "nodes | memory | published every | shared cache | front answers | node is asked | Flask makes | of its power"
    )
    sys.stdout.write(f"| {named} |\n|--:|--:|--:|--:|--:|--:|--:|--:|\n")
    for house in rows:
        asked, made, front = simulate(house, Random(7))
        sys.stdout.write(
            f"| {house.nodes} | {house.memory // 1_000_000} MB | {house.published_every} s | {house.shared_cache} s "
            f"| {front:.0%} | {asked:,.0f}/s | {made:,.0f}/s | {made / MADE_BY_FLASK:.0%} |\n"
        )


if __name__ == "__main__":
    main()

"""Runs histories: so many, from a seed that repeats them."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Lives
from tests.model.turns import watched_gateway
from tests.model.world import World, small_world

STEPS = 12


@contextmanager
def theatre() -> Iterator[World]:
    """Open a world in which histories can be lived; the house's own log is silent, for trouble is the point."""
    logging.disable(logging.CRITICAL)
    try:
        with small_world() as world, watched_gateway():
            gc.collect()
            gc.freeze()  # what is there now stays; only what a history leaves behind need be looked through
            yield world
    finally:
        gc.unfreeze()
        logging.disable(logging.NOTSET)


def live(world: World, histories: int, seeded: int, *, shrinks: bool = True) -> None:
    """Live so many histories; raise AssertionError with the shortest one that comes out otherwise than the truth."""
    machine = seed(seeded)(type("Lives", (Lives,), {"world": world}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
            suppress_health_check=list(HealthCheck),  # a life takes as long as it takes
        ),
    )

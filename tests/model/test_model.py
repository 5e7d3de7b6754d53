"""Access equals Stripe's truth, whatever the order of news: 2,000 histories here, more with `make histories`."""

import pytest

from tests.model.figures import FIGURES
from tests.model.run import live, theatre

HISTORIES, BATCHES = 2_000, 40


@pytest.mark.parametrize("seeded", range(BATCHES))
def test_after_one_comparison_every_reader_holds_what_is_true_at_stripe(seeded, record_property):
    FIGURES.clear()
    with theatre() as world:
        live(world, HISTORIES // BATCHES, seeded)
    record_property("model", dict(FIGURES))
    assert FIGURES["histories"] >= HISTORIES // BATCHES
    assert FIGURES["differences"] == 0

"""A reader is never charged twice for one thing: 200 double orders here, more with `make histories`."""

import pytest

from tests.model.doubles import order_twice
from tests.model.run import theatre

ORDERS, BATCHES = 200, 4


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_later_of_two_payments_for_one_thing_is_given_back(batch):
    each = ORDERS // BATCHES
    with theatre() as world:
        twice = {seeded: order_twice(world, seeded) for seeded in range(batch * each, (batch + 1) * each)}
    assert {seeded: found for seeded, found in twice.items() if found} == {}

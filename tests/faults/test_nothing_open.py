"""While Stripe is asked, this process holds no connection to its database, let alone a transaction."""

from contextlib import contextmanager
from functools import partial

import pytest

from tests.factories.house import build_house
from tests.faults.flows import buying, changing_ones_mind, coming_back, hearing_nothing, news, refunded, rivals
from webapp.billing.gateway.client import Gateway

WAYS = {
    "order": partial(buying, "pass"),
    "another plan": changing_ones_mind,
    "return page": partial(coming_back, "year"),
    "webhook": partial(news, "document", "charge.succeeded"),
    "webhook with a command": refunded,
    "return page with commands": rivals,
    "reconcile": hearing_nothing,
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_open_while_stripe_is_asked(way, folder, monkeypatch):
    house = build_house(folder / "instance")
    run, _again = WAYS[way](house)
    calling, held = Gateway.calling, []

    @contextmanager
    def watched(gateway):
        held.append(house.database.write_engine.pool.checkedout() + house.database.read_engine.pool.checkedout())
        with calling(gateway):
            yield

    monkeypatch.setattr(Gateway, "calling", watched)
    run()
    house.let_go()
    assert held, "Stripe was not asked"
    assert not any(held)

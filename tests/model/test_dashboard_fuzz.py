"""Any field of any object changed at Stripe, then one comparison: access is what is true, or the publisher is told."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.model import lives
from tests.model.edits import stored_fields
from tests.model.ledger import differences_of_grants
from tests.model.lives import Stock
from tests.model.moves import chosen
from tests.model.run import theatre
from tests.model.truth import read_truth
from tests.model.world import World
from webapp.billing.reconcile import reconcile_all
from webapp.stripe_sandbox.object_edits import edit_object
from webapp.stripe_sandbox.stripe_errors import RefusedError

EDITS, SEEDS = 12, 10
BOUGHT, SINCE = "bought", timedelta(days=29)  # both subscriptions have been renewed
_ALERTS = "SELECT about FROM alerts"
# What belongs to one sale: its subscription or session, bills, payments; not the customer, who may have several.
_SALES = """SELECT id, body || coalesce('"' || owner || '"', '') FROM objects
            WHERE object NOT IN ('event', 'customer', 'price', 'product', 'payment_method')"""


@pytest.fixture(scope="module")
def world():
    with theatre() as world:
        furnish(world)
        yield world


def furnish(world: World) -> None:
    """Have the readers buy one of everything, and keep that."""
    world.begin_anew()
    for reader, what in ((0, "month"), (0, "0"), (1, "pass"), (1, "year")):
        session_id = lives.order(world, reader, what, warned=True)
        lives.pay(world, session_id, "good")
        lives.come_back(world, session_id)
    world.pass_time(SINCE)
    lives.give_back(world, chosen(Stock.of(world)["payment_intent succeeded"], 0), 2, pending=False)
    reconcile_all(world.billing)
    world.keep(BOUGHT)


def other_value(value: object, chance: random.Random) -> object:
    """Return something else that could stand in a field's place: none, another of its kind, or empty."""
    match value:
        case bool():
            return not value
        case int():
            return chance.choice([None, 0, -value, value + 1, value + 86_400 * 40, value - 86_400 * 40])
        case str() if value.isdecimal():
            return str(int(value) + 1)  # that it is a number is part of its type
        case str():
            return chance.choice([None, "", f"{value}_other", "canceled", "open", "paid", "void"])
        case dict() | list():
            return chance.choice([None, type(value)()])
        case _:
            return chance.choice([1, "something", {}, []])


@pytest.mark.parametrize("seeded", range(SEEDS))
def test_whatever_is_edited_access_is_true_or_the_publisher_is_told(world, seeded):
    chance = random.Random(seeded)
    for _ in range(EDITS):
        world.begin_anew(BOUGHT)
        id_, path, value = chance.choice(stored_fields(world))
        wrong = other_value(value, chance)
        named = told_names(world, id_)
        with suppress(RefusedError):
            world.sandbox.write(lambda uow, id_=id_, path=path, wrong=wrong: edit_object(uow, id_, path, wrong))
        reconcile_all(world.billing, from_the_beginning=True)
        assert_true_or_told(world, named, f"{id_} {path}: {value!r} → {wrong!r}")


def told_names(world: World, id_: str) -> set[str]:
    """Return what an alert may name so that the publisher finds an object: itself, or what was sold with it."""
    bodies = dict(world.theirs.execute(_SALES))
    names, found = {id_}, [id_]
    while found:
        body = bodies.get(known := found.pop(), "")
        near = [other for other in bodies.keys() - names if f'"{other}"' in body or f'"{known}"' in bodies[other]]
        names.update(near)
        found += near
    return names


def assert_true_or_told(world: World, named: set[str], edit: str) -> None:
    """Have access be what the oracle says, or an alert that names what it is about."""
    told = named & {about for (about,) in world.ours.execute(_ALERTS)}  # nothing was told before the edit
    try:
        truth = read_truth(world.ours, world.theirs, int(world.now.timestamp()))
        found = differences_of_grants(truth, world.ours)
    except (LookupError, TypeError, ValueError, AttributeError) as unreadable:
        found = [f"nobody can read this: {unreadable!r}"]
    assert not found or told, "\n".join([edit, *found])

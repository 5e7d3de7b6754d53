"""What a refund does to access is said before by the functions that do it: the same comes of it afterwards."""

from datetime import timedelta

import pytest

from tests.billing.scenarios.scene import DAY, Scene
from webapp.billing.grants import grant_complimentary, list_grants_of
from webapp.billing.publisher_refunds import find_receipt, give_back, plan_refund
from webapp.billing.refund_preview import give_back_as_shown, preview_refund
from webapp.kit import clock
from webapp.kit.errors import ConflictError
from webapp.kit.money import Money
from webapp.settings import Mode


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


def bought_a_document(scene):
    scene.bought("document")


def bought_a_year(scene):
    scene.bought("year")


def bought_a_year_and_was_given_a_week(scene):
    scene.bought("year")
    scene.cashier.database.write(
        lambda session: grant_complimentary(session, scene.reader_id, None, 7, "with thanks", clock.now())
    )


def renewed_a_month(scene):
    scene.bought("month")
    scene.pass_time(32 * DAY)
    scene.hear()


def bought_two_passes(scene):
    scene.bought("pass")
    scene.pass_time(DAY)
    scene.bought("pass", warned=True)


def bought_a_document_in_a_month(scene):
    scene.bought("month")
    scene.bought("document", warned=True)


def as_told(grants):
    return sorted((one.source, one.source_id, one.document_id, one.starts_at, one.ends_at) for one in grants)


def held(scene):
    now = clock.now()
    with scene.cashier.database.reading() as session:
        grants = list_grants_of(session, scene.reader_id, Mode.SANDBOX)
    return [one for one in grants if not one.revoked and (one.ends_at is None or one.ends_at > now)]


@pytest.mark.parametrize(
    ("life", "number", "part"),
    [
        (bought_a_document, 1, False),
        (bought_a_document, 1, True),
        (bought_a_year_and_was_given_a_week, 1, False),
        (bought_a_year, 1, True),
        (renewed_a_month, 1, False),
        (renewed_a_month, 2, False),
        (bought_two_passes, 1, False),
        (bought_two_passes, 2, False),
        (bought_a_document_in_a_month, 2, False),
    ],
)
def test_what_is_said_before_is_what_comes_of_it(scene, life, number, part):
    life(scene)
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, str(number)), Money(100, "cny") if part else None)
    with billing.database.reading() as session:
        told = preview_refund(session, billing, plan)
    assert as_told(told.before) == as_told(held(scene))
    give_back(billing, plan)
    moved = timedelta(minutes=1)
    after, now_held = as_told(told.after), as_told(held(scene))
    assert [one[:3] for one in after] == [one[:3] for one in now_held]
    for said, came in zip(after, now_held, strict=True):
        assert abs(said[3] - came[3]) < moved
        assert said[4] == came[4] or abs(said[4] - came[4]) < moved
    assert bool(told.closed) == (len(told.after) < len(told.before))
    if part:
        assert not told.closed
        assert not told.shortened


def test_the_second_of_two_passes_begins_earlier_and_so_ends_earlier(scene):
    bought_two_passes(scene)
    billing = scene.cashier.billing
    with billing.database.reading() as session:
        told = preview_refund(session, billing, plan_refund(billing, find_receipt(billing, "1"), None))
    assert [one.source_id for one in told.closed] == [scene.cashier.purchases()[0].id]
    assert [one.source_id for one in told.shortened] == [scene.cashier.purchases()[1].id]


def test_a_form_that_is_sent_twice_gives_back_once(scene):
    scene.bought("document")
    billing, amount = scene.cashier.billing, Money(200, "cny")
    assert give_back_as_shown(billing, 1, amount, 0).amount == amount
    with pytest.raises(ConflictError, match="Nothing more was given back"):
        give_back_as_shown(billing, 1, amount, 0)
    give_back_as_shown(billing, 1, amount, 1)
    assert [one.amount for one in scene.stripe.refunds.list().data] == [200, 200]


@pytest.mark.parametrize("amount", [0, -100, 991])
def test_nothing_that_is_not_there_is_given_back(scene, amount):
    scene.bought("document")
    with pytest.raises(ConflictError, match="left to give back"):
        give_back_as_shown(scene.cashier.billing, 1, Money(amount, "cny"), 0)

"""The inbox: what is left for later, what is asked again, what is given up, and what nothing else waits for."""

import json
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Semaphore

import pytest
from sqlalchemy import select

from tests.billing.scenarios.line import PATIENCE_SECONDS, Worker
from tests.billing.scenarios.scene import Scene
from tests.billing.stripe_answers import OUT_OF_ORDER, WITHOUT_KEY, answering
from webapp.billing.models import GrantSource
from webapp.billing.stripe_models import CommandKind, StripeCommand, StripeEvent, StripeObject
from webapp.billing.stripe_outbox import enqueue_command
from webapp.billing.sync import sync
from webapp.billing.webhook_inbox import (
    A_MOMENT,
    LONGEST_RUSH,
    count_waiting_events,
    drain_inbox,
    has_waiting_events,
    oldest_waiting_event,
    store_event,
)
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError
from webapp.stripe_sandbox.faults import Faults

COMPLETED, BILLED = "checkout.session.completed", "invoice.paid"
MOST_TRIES = 10


@pytest.fixture
def scene(app, people, cashier, document):
    return Scene(app, people, cashier, document)


def events(scene):
    return scene._all(StripeEvent)


def waiting(scene):
    return [event for event in events(scene) if event.processed_at is None]


def told(scene):
    return [(alert.code, alert.about) for alert in scene.alerts()]


def store(scene, event, age=timedelta()):
    """Have an event lie in the inbox for a while, and nothing done about it."""
    billing, body = scene.cashier.billing, json.dumps(event).encode()
    notice = billing.gateway.read_notice(body, scene.signature(body))

    def keep(session):
        store_event(session, billing.mode, notice, delivered=True)
        session.get_one(StripeEvent, notice.id).received_at = clock.now() - age

    billing.database.write(keep)


def test_of_three_webhooks_at_once_the_last_waits_in_the_inbox(scene):
    for plan in ("month", "pass", "document"):
        scene.cashier.buy(scene.reader, plan, scene.document.slug, warned=True)
    first, second, third = scene.news(COMPLETED)
    line, asking, let_go = scene.cashier.billing.gateway.client._requestor._client, Semaphore(0), Event()
    ask = line.request

    def slow(*given, **more):
        asking.release()
        assert let_go.wait(PATIENCE_SECONDS)
        return ask(*given, **more)

    with ExitStack() as stack:
        stack.callback(delattr, line, "request")
        line.request = slow
        slower = [Worker(lambda one=one: scene.tell(one)) for one in (first, second)]
        for worker in slower:
            worker.thread.start()
            assert asking.acquire(timeout=PATIENCE_SECONDS)
        assert scene.tell(third) == [202]
        let_go.set()
        assert [worker.finish() for worker in slower] == [[204], [204]]
    assert {event.id for event in waiting(scene)} == {third["id"]}
    assert {grant.source for grant in scene.open_grants} == {GrantSource.SUBSCRIPTION, GrantSource.PASS}
    scene.drained()
    assert waiting(scene) == []
    assert len(scene.open_grants) == 3


def test_news_of_what_stripe_refuses_for_good_is_given_up_at_once(scene):
    session_id = scene.cashier.buy(scene.reader, "document", scene.document.slug)
    with answering(scene.cashier.billing, session_id):
        assert scene.tell(scene.latest(COMPLETED)) == [204]
    (event,) = events(scene)
    assert (event.attempts, event.processed_at is not None, event.last_error != "") == (1, True, True)
    assert told(scene) == [("given-up", session_id)]
    assert scene.grants == []


def test_news_that_cannot_be_read_is_given_up_after_some_tries_and_holds_up_nothing(scene):
    """As when Stripe describes a bill in another version of its API."""
    scene.cashier.buy(scene.reader, "month", scene.document.slug)
    billed, completed = scene.latest(BILLED), scene.latest(COMPLETED)
    invoice = billed["data"]["object"]["id"]
    store(scene, completed)
    with answering(scene.cashier.billing, f"/invoices/{invoice}", {"id": invoice, "object": "invoice"}, 200):
        with pytest.raises(AttributeError):
            scene.tell(billed)
        scene.drained()
        assert scene.reads()
        for _ in range(MOST_TRIES - 2):
            assert [event.id for event in waiting(scene)] == [billed["id"]]
            scene.drained()
    assert waiting(scene) == []
    assert told(scene) == [("given-up", invoice)]


def test_a_stripe_that_is_away_is_asked_once_and_all_news_stays(scene):
    for plan in ("pass", "document"):
        scene.cashier.buy(scene.reader, plan, scene.document.slug)
    for event in scene.news(COMPLETED):
        store(scene, event)
    scene.cashier.sandbox.set_faults(Faults(down=1))
    assert drain_inbox(scene.cashier.billing) == []
    assert sorted(event.attempts for event in waiting(scene)) == [0, 1]
    assert told(scene) == []
    scene.cashier.sandbox.set_faults(Faults())
    scene.drained()
    assert waiting(scene) == []
    assert {grant.source for grant in scene.open_grants} == {GrantSource.PASS, GrantSource.DOCUMENT}


NOW, A_WHILE = timedelta(), A_MOMENT * 2


@pytest.mark.parametrize(
    ("ages", "tried", "has"),
    [
        pytest.param([], False, False, id="nothing"),
        pytest.param([NOW], False, False, id="of this very moment"),
        pytest.param([A_WHILE], False, True, id="of a while ago"),
        pytest.param([A_WHILE, NOW], False, False, id="more are coming in"),
        pytest.param([LONGEST_RUSH * 2, NOW], False, True, id="they have been coming in for long"),
        pytest.param([A_WHILE], True, False, id="tried before, which the clock tries again"),
    ],
)
def test_when_the_inbox_wants_to_be_drained(scene, ages, tried, has):
    scene.cashier.buy(scene.reader, "month", scene.document.slug)
    for event, age in zip(scene.news()[-2:], ages, strict=False):
        store(scene, event, age)
    if tried:
        scene.cashier.sandbox.set_faults(Faults(down=1))
        scene.drained()
    assert has_waiting_events(scene.cashier.billing) is has


def test_what_waits_is_counted_and_dated(scene):
    def told_of_it():
        billing = scene.cashier.billing
        with scene.cashier.database.reading() as session:
            return count_waiting_events(session, billing.mode), oldest_waiting_event(session, billing.mode)

    scene.cashier.buy(scene.reader, "month", scene.document.slug)
    assert told_of_it() == (0, None)
    for event, age in zip(scene.news()[-2:], (A_WHILE, NOW), strict=True):
        store(scene, event, age)
    count, oldest = told_of_it()
    assert (count, oldest < clock.now() - A_MOMENT) == (2, True)


@pytest.mark.parametrize("said", ["", "The payment service does not answer right now."])
def test_a_command_that_nobody_has_tried_wants_to_be_carried_out(scene, said):
    billing = scene.cashier.billing

    def write_down(session):
        enqueue_command(session, billing.mode, CommandKind.REFUND, "pi_1", "")
        session.flush()
        session.scalars(select(StripeCommand)).one().last_error = said

    billing.database.write(write_down)
    assert has_waiting_events(billing) is (said == "")


@pytest.fixture
def behind(scene):
    """A subscription of which Stripe was asked and gave no answer; its id."""
    scene.bought("month")
    scene.hear()
    subscription = scene.subscription["id"]
    scene.cashier.sandbox.set_faults(Faults(down=1))
    with pytest.raises(PaymentsUnavailableError):
        sync(scene.cashier.billing, "subscription", subscription)
    scene.cashier.sandbox.set_faults(Faults())
    return subscription


def is_behind(scene, subscription):
    with scene.cashier.database.reading() as session:
        row = session.get_one(StripeObject, subscription)
    return row.wanted > row.applied


def test_what_is_behind_is_caught_up_with(scene, behind):
    assert is_behind(scene, behind)
    scene.drained()
    assert not is_behind(scene, behind)


def test_what_is_behind_and_refused_for_good_is_given_up_at_once(scene, behind):
    with answering(scene.cashier.billing, f"/subscriptions/{behind}"):
        scene.drained()
    assert not is_behind(scene, behind)
    assert told(scene) == [("given-up", behind)]
    assert scene.reads(), "what was known before still holds"


@pytest.mark.parametrize("said", [WITHOUT_KEY, OUT_OF_ORDER], ids=["our key is refused", "it is away"])
def test_what_is_behind_waits_for_a_stripe_that_may_yet_answer(scene, behind, said):
    with answering(scene.cashier.billing, f"/subscriptions/{behind}", *said):
        for _ in range(MOST_TRIES + 1):
            scene.drained()
    assert is_behind(scene, behind)
    assert told(scene) == []


def test_what_is_behind_and_fails_here_is_given_up_after_some_tries(scene, behind, monkeypatch):
    def broken(*_given):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("webapp.billing.sync.apply_side_effects", broken)
    for _ in range(MOST_TRIES):
        assert is_behind(scene, behind)
        scene.drained()
    assert not is_behind(scene, behind)
    assert told(scene) == [("given-up", behind)]

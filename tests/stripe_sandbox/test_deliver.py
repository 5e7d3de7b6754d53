"""The postman, and a real endpoint on this machine."""

import json
import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import stripe
import time_machine

from tests.contract.shapes import object_problems
from tests.stripe_sandbox.endpoint import listening
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.storage import agenda, outbox
from webapp.stripe_sandbox.webhook_delivery import (
    DELIVERY_BATCH,
    LEASE_SECONDS,
    MAX_DELIVERY_ATTEMPTS,
    WebhookDeliverer,
)

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
PATIENCE_SECONDS = 60


@pytest.fixture
def endpoint():
    with listening() as there:
        yield there


@pytest.fixture
def postman(sandbox, endpoint):
    return WebhookDeliverer(sandbox, endpoint.url)


def types(endpoint) -> list[str]:
    return [json.loads(body)["type"] for body, _signature in endpoint.received]


def test_what_is_sent_is_signed_so_that_the_sdk_accepts_it(shop, sandbox, endpoint, postman):
    customer = shop.customer()
    assert postman.deliver_due() == 1
    ((body, signature),) = endpoint.received
    event = stripe.Webhook.construct_event(body, signature, sandbox.webhook_secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_a_signature_is_of_the_machines_time_however_far_the_sandboxs_has_gone(shop, sandbox, endpoint, postman):
    sandbox.advance(timedelta(days=400))
    shop.customer()
    postman.deliver_due()
    ((body, signature),) = endpoint.received
    event = stripe.Webhook.construct_event(body, signature, sandbox.webhook_secret, tolerance=10)
    assert event.created > time.time() + timedelta(days=399).total_seconds()


def test_a_body_is_an_event_of_the_sdks_version(shop, endpoint, postman):
    shop.customer()
    postman.deliver_due()
    event = json.loads(endpoint.received[0][0])
    assert object_problems(event) == []
    assert (event["object"], event["api_version"], event["livemode"]) == ("event", stripe.api_version, False)


def test_events_come_in_the_order_in_which_they_happened(shop, endpoint, postman):
    shop.subscribe()
    assert postman.deliver_due() == len(shop.told())
    assert types(endpoint) == shop.told()


def test_nothing_is_delivered_twice(shop, endpoint, postman):
    shop.customer()
    assert [postman.deliver_due(), postman.deliver_due()] == [1, 0]
    assert len(endpoint.received) == 1


def test_what_was_delivered_waits_for_nobody(shop, postman):
    shop.customer()
    assert [event.pending_webhooks for event in shop.events()] == [1]
    postman.deliver_due()
    assert [event.pending_webhooks for event in shop.events()] == [0]


def test_no_more_than_asked_is_delivered_at_once(shop, endpoint, postman):
    for _ in range(3):
        shop.customer()
    assert postman.deliver_due(2) == 2
    assert postman.deliver_due(DELIVERY_BATCH) == 1


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_a_refused_event_is_sent_again_later_and_lets_the_others_pass(shop, endpoint, postman, status):
    endpoint.statuses = [status]
    with time_machine.travel(NOON, tick=False) as machine:
        shop.customer()
        shop.stripe.products.create({"name": "x"})
        assert postman.deliver_due() == 1
        assert postman.deliver_due() == 0
        machine.shift(1)
        assert postman.deliver_due() == 1
    assert types(endpoint) == ["customer.created", "product.created", "customer.created"]


def test_the_pauses_grow(shop, endpoint, postman):
    endpoint.statuses = [500] * 100
    with time_machine.travel(NOON, tick=False) as machine:
        shop.customer()
        for sent, pause in enumerate([1, 2, 4, 8, 16, 32, 64, 128], start=1):
            postman.deliver_due()
            assert len(endpoint.received) == sent
            machine.shift(pause - 0.1)
            postman.deliver_due()
            assert len(endpoint.received) == sent
            machine.shift(0.1)


def test_an_event_that_nobody_wants_is_given_up(shop, sandbox, endpoint, postman):
    shop.customer()
    with sandbox.store.writing() as connection:
        connection.execute(outbox.update().values(attempts=MAX_DELIVERY_ATTEMPTS - 1))
    endpoint.statuses = [500]
    with time_machine.travel(NOON, tick=False) as machine:
        assert postman.deliver_due() == 0
        machine.shift(timedelta(days=30))
        assert postman.deliver_due() == 0
    assert len(endpoint.received) == 1


def test_a_silent_endpoint_rests_and_afterwards_the_order_is_still_the_order(shop, sandbox):
    with listening() as gone:
        pass
    with time_machine.travel(NOON, tick=False) as machine:
        postman = WebhookDeliverer(sandbox, gone.url)
        shop.customer()
        assert postman.deliver_due() == 0
        shop.stripe.products.create({"name": "x"})
        with listening(urlsplit(gone.url).port) as back:
            assert postman.deliver_due() == 0, "it rests, for what came meanwhile too"
            machine.shift(1)
            assert postman.deliver_due() == 2
    assert types(back) == ["customer.created", "product.created"]


def test_the_rests_grow(shop, sandbox):
    with listening() as gone:
        pass
    postman = WebhookDeliverer(sandbox, gone.url)
    with time_machine.travel(NOON, tick=False) as machine:
        shop.customer()
        for rest in (1, 2, 4, 8, 16, 30, 30):
            postman.deliver_due()
            machine.shift(rest - 0.1)
            assert postman._next() is None
            machine.shift(0.1)
            assert postman._next() is not None


def test_only_one_process_delivers(shop, sandbox, file, endpoint, postman):
    other_sandbox = Sandbox(file, "http://127.0.0.1:8000")
    other = WebhookDeliverer(other_sandbox, endpoint.url)
    with time_machine.travel(NOON, tick=False) as machine:
        shop.customer()
        assert postman.deliver_due() == 1
        shop.customer()
        assert other.deliver_due() == 0
        machine.shift(LEASE_SECONDS)
        assert other.deliver_due() == 1, "whose holder is gone, the lease passes on"
        shop.customer()
        assert postman.deliver_due() == 0
    other_sandbox.close()


def test_moving_the_sandboxs_time_does_not_break_the_lease(shop, sandbox, endpoint, postman):
    shop.customer()
    postman.deliver_due()
    sandbox.advance(timedelta(days=400))
    shop.customer()
    assert WebhookDeliverer(sandbox, endpoint.url).deliver_due() == 0
    assert postman.deliver_due() == 1


@contextmanager
def working(postman):
    """Have a postman work in the background, as the background process does."""
    stop = threading.Event()
    thread = threading.Thread(target=postman.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_in_the_background_it_delivers_until_it_is_told_to_stop(shop, endpoint, postman):
    with working(postman):
        shop.customer()
        wait_for(lambda: types(endpoint) == ["customer.created"])
    shop.customer()
    assert len(endpoint.received) == 1


def test_what_falls_due_while_nobody_asks_is_delivered_too(shop, sandbox, endpoint, postman):
    shop.pass_session()
    with sandbox.store.writing() as connection:
        connection.execute(agenda.update().values(at=int(time.time()) - 1))
    with working(postman):
        wait_for(lambda: "checkout.session.expired" in types(endpoint))


def test_a_locked_file_does_not_end_the_loop(shop, sandbox, file, endpoint, postman, caplog):
    shop.customer()
    with sandbox.store.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with working(postman):
        wait_for(lambda: "cannot be used" in caplog.text)
        assert endpoint.received == []
        holder.execute("ROLLBACK")
        wait_for(lambda: types(endpoint) == ["customer.created"])
    holder.close()

"""What can go wrong between the product and Stripe, and that nothing does unless it is told to."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
import stripe

from tests.stripe_sandbox.conftest import BASE_URL
from tests.stripe_sandbox.endpoint import listening
from webapp.kit import clock, randomness
from webapp.stripe_sandbox import cached_setting
from webapp.stripe_sandbox import faults as faults_module
from webapp.stripe_sandbox.dispatcher import ApiResponse
from webapp.stripe_sandbox.faults import Faults, strikes
from webapp.stripe_sandbox.sandbox import Sandbox
from webapp.stripe_sandbox.stripe_errors import RefusedError
from webapp.stripe_sandbox.transport import SandboxTransport
from webapp.stripe_sandbox.webhook_delivery import WebhookDeliverer


@pytest.fixture
def endpoint():
    with listening() as there:
        yield there


@pytest.fixture
def postman(sandbox, endpoint):
    return WebhookDeliverer(sandbox, endpoint.url)


def types(endpoint) -> list[str]:
    return [json.loads(body)["type"] for body, _signature in endpoint.received]


def test_nothing_goes_wrong_unless_it_is_told_to(sandbox):
    assert sandbox.faults() == Faults()


def test_a_fault_is_seen_by_every_process_within_a_second(sandbox, file, monkeypatch):
    other = Sandbox(file, BASE_URL)
    assert other.faults() == Faults()
    sandbox.set_faults(Faults(down=0.5, delay=3))
    monkeypatch.setattr(cached_setting, "FRESH_SECONDS", 0)
    assert other.faults() == Faults(down=0.5, delay=3)
    sandbox.set_faults(Faults())
    assert other.faults() == Faults()
    other.close()


@pytest.mark.parametrize("wrong", [{"drop": 1.1}, {"down": -0.1}, {"delay": -1}, {"timeout": -1}])
def test_what_is_no_share_and_no_time_is_refused(wrong):
    with pytest.raises(ValueError, match="share from 0 to 1"):
        Faults(**wrong)


@pytest.mark.parametrize(
    ("share", "drawn", "hits"), [(0, 0, False), (1, 255, True), (0.5, 127, True), (0.5, 128, False)]
)
def test_a_share_is_a_share_of_chance(share, drawn, hits):
    randomness.set_random_source(lambda count: bytes([drawn]) * count)
    assert strikes(share) is hits


def test_a_share_of_none_draws_no_lot():
    def never(_count: int) -> bytes:
        raise AssertionError

    randomness.set_random_source(never)
    assert strikes(0) is False


# The API


@pytest.mark.parametrize(
    ("faults", "error", "status", "code"),
    [
        (Faults(rate_limited=1), stripe.RateLimitError, 429, "rate_limit"),
        (Faults(down=1), stripe.APIError, 500, None),
    ],
)
def test_a_stripe_in_trouble_says_so_in_stripes_words(shop, sandbox, faults, error, status, code):
    sandbox.set_faults(faults)
    with pytest.raises(error) as raised:
        shop.customer()
    assert (raised.value.http_status, raised.value.error.code) == (status, code)
    sandbox.set_faults(Faults())
    assert shop.stripe.customers.list().data == []


def test_a_stripe_that_does_not_answer_has_done_nothing(shop, sandbox, monkeypatch):
    waited = []
    monkeypatch.setattr(faults_module.time, "sleep", waited.append)
    for seconds in (0.25, 60):
        sandbox.set_faults(Faults(timeout=seconds))
        with pytest.raises(stripe.APIConnectionError) as raised:
            shop.customer()
        assert raised.value.should_retry is True
    assert waited == [0.25, 5.0], "no longer than a client waits"
    sandbox.set_faults(Faults())
    assert shop.stripe.customers.list().data == []


def test_a_connection_that_breaks_after_the_commit_has_done_it_and_the_retry_gets_the_answer(shop, sandbox):
    sandbox.set_faults(Faults(fails_after_commit=1))
    with pytest.raises(stripe.APIConnectionError):
        shop.stripe.customers.create({"name": "x"}, {"idempotency_key": "k"})
    customer = shop.stripe.customers.create({"name": "x"}, {"idempotency_key": "k"})
    assert [found.id for found in shop.stripe.customers.list().data] == [customer.id], "reading goes on"


def test_a_client_that_retries_does_not_even_notice(sandbox, monkeypatch):
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *_args, **_kwargs: 0)
    client = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport(), max_network_retries=2)
    sandbox.set_faults(Faults(fails_after_commit=1))
    assert client.v1.customers.create({"name": "x"}).name == "x"
    assert len(client.v1.customers.list().data) == 1


def test_a_stale_read_sees_what_was_before_the_last_change(shop, sandbox):
    customer = shop.customer(name="before")
    shop.stripe.customers.update(customer.id, {"name": "after"})
    sandbox.set_faults(Faults(stale_reads=1))
    assert shop.stripe.customers.retrieve(customer.id).name == "before"
    assert [found.name for found in shop.stripe.customers.list().data] == ["before"]
    sandbox.set_faults(Faults())
    assert shop.stripe.customers.retrieve(customer.id).name == "after"


def test_a_stale_read_reaches_into_what_is_expanded(shop, sandbox):
    refund = sandbox.refund(shop.buy(shop.pass_session()).payment_intent)["id"]
    asked = {"expand": ["charge"]}
    sandbox.set_faults(Faults(stale_reads=1))
    assert shop.stripe.refunds.retrieve(refund, asked).charge.amount_refunded == 0
    sandbox.set_faults(Faults())
    assert shop.stripe.refunds.retrieve(refund, asked).charge.amount_refunded == 3000


def test_what_never_changed_is_not_stale_and_writing_never_is(shop, sandbox):
    customer = shop.customer(name="only")
    sandbox.set_faults(Faults(stale_reads=1))
    assert shop.stripe.customers.retrieve(customer.id).name == "only"
    shop.stripe.customers.update(customer.id, {"name": "second"})
    changed = shop.stripe.customers.update(customer.id, {"phone": "1"})
    assert (changed.name, changed.phone) == ("second", "1")


def test_a_file_of_an_earlier_release_is_brought_up_to_date(shop, sandbox):
    held = shop.subscribe()
    sandbox.close()
    path = sandbox.store._database.url.database
    with sqlite3.connect(path) as connection:  # as it was when objects had no past, and subscriptions no future
        connection.execute("ALTER TABLE objects DROP COLUMN previous")
        connection.execute("DELETE FROM agenda")
    connection.close()
    opened = Sandbox(Path(path), BASE_URL)
    client = stripe.StripeClient("sk_test_x", http_client=opened.client_transport())
    customer = client.v1.customers.create({"name": "x"})
    assert client.v1.customers.update(customer.id, {"name": "y"}).name == "y"
    clock.set_clock_offset(opened.clock_offset)
    opened.advance(timedelta(days=40))
    assert len(client.v1.invoices.list({"subscription": held.id}).data) == 2
    opened.close()


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (
            RefusedError("Your card was declined.", code="card_declined", status=402, kind="card_error"),
            stripe.CardError,
        ),
        (RefusedError("Request rate limit exceeded.", code="rate_limit", status=429), stripe.RateLimitError),
        (RefusedError("No such price", code="resource_missing", status=404), stripe.InvalidRequestError),
        (RefusedError("Invalid API Key provided", status=401), stripe.AuthenticationError),
        (RefusedError("Keys for idempotent requests …", kind="idempotency_error"), stripe.IdempotencyError),
        (RefusedError("An unknown error occurred", status=500, kind="api_error"), stripe.APIError),
    ],
)
def test_every_refusal_becomes_the_sdks_own_exception(refusal, error):
    transport = SandboxTransport(lambda _request: ApiResponse(refusal.status, refusal.body(), "req_1"))
    client = stripe.StripeClient("sk_test_x", http_client=transport)
    with pytest.raises(stripe.StripeError) as raised:
        client.v1.customers.list()
    assert type(raised.value) is error
    assert (raised.value.http_status, raised.value.error.code) == (refusal.status, refusal.code)
    assert raised.value.error.type == refusal.kind


# The post


def test_webhooks_can_come_twice(shop, sandbox, endpoint, postman):
    sandbox.set_faults(Faults(duplicate=1))
    shop.customer()
    postman.deliver_due()
    assert types(endpoint) == ["customer.created"] * 2
    assert len({json.loads(body)["id"] for body, _signature in endpoint.received}) == 1


def test_webhooks_can_be_lost(shop, sandbox, endpoint, postman):
    sandbox.set_faults(Faults(drop=1))
    shop.customer()
    postman.deliver_due()
    sandbox.set_faults(Faults())
    postman.deliver_due()
    assert types(endpoint) == []
    assert shop.told() == ["customer.created"], "it can still be found in the list of events"


def test_webhooks_can_come_in_the_wrong_order(shop, sandbox, endpoint, postman):
    sandbox.set_faults(Faults(reorder=1))
    shop.buy(shop.pass_session())
    postman.deliver_due()
    assert types(endpoint) == shop.told()[::-1]


def test_webhooks_can_come_late(shop, sandbox, endpoint, postman, monkeypatch):
    sandbox.set_faults(Faults(delay=60))
    shop.customer()
    assert [postman.deliver_due(), postman.deliver_due()] == [0, 0]
    now = faults_module.time.time()
    monkeypatch.setattr("webapp.stripe_sandbox.webhook_delivery.time.time", lambda: now + 61)
    assert postman.deliver_due() == 1
    assert types(endpoint) == ["customer.created"]


def test_what_was_told_can_be_told_again(shop, sandbox, endpoint, postman):
    shop.customer()
    sandbox.advance(timedelta(hours=1))
    shop.customer()
    postman.deliver_due()
    assert sandbox.replay(since_seconds=60) == 1
    assert postman.deliver_due() == 1
    assert sandbox.replay() == 2
    assert postman.deliver_due() == 2
    assert len(endpoint.received) == 5


# From a purchase to its payment


def test_the_payment_of_a_purchase_is_found_whatever_was_bought(shop, sandbox):
    single = shop.buy(shop.pass_session(client_reference_id="p-1"))
    noted = shop.buy(shop.pass_session(metadata={"purchase": "p-2"}))
    running = shop.buy(shop.subscription_session(subscription_data={"metadata": {"purchase": "p-3"}}))
    (payment,) = shop.stripe.invoice_payments.list({"invoice": running.invoice}).data
    assert sandbox.payment_of_purchase("p-1") == single.payment_intent
    assert sandbox.payment_of_purchase("p-2") == noted.payment_intent
    assert sandbox.payment_of_purchase("p-3") == payment.payment.payment_intent


def test_what_was_not_paid_has_no_payment(shop, sandbox):
    shop.pass_session(client_reference_id="p-1")
    waiting = shop.pass_session(client_reference_id="p-2")
    sandbox.pay(waiting.id, "alipay", wallet="later")
    shop.buy(shop.subscription_session(client_reference_id="p-3", subscription_data={"trial_period_days": 7}))
    for purchase in ("p-1", "p-2", "p-3", "p-4"):
        with pytest.raises(RefusedError, match=f"Nothing was paid for purchase {purchase}"):
            sandbox.payment_of_purchase(purchase)

"""The same key, the same answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import stripe

from tests.stripe_sandbox.shop import DECLINED
from webapp.stripe_sandbox.faults import Faults

KEY, NAMED = {"idempotency_key": "purchase-1"}, {"name": "x"}


def test_a_repeated_request_is_answered_as_the_first_time_and_does_nothing(shop):
    first = shop.stripe.customers.create({"email": "a@example.com"}, KEY)
    again = shop.stripe.customers.create({"email": "a@example.com"}, KEY)
    assert first.to_dict() == again.to_dict()
    assert len(shop.stripe.customers.list().data) == 1
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers


def test_the_first_answer_stands_even_when_its_object_has_changed_since(shop):
    customer = shop.stripe.customers.create({"name": "before"}, KEY)
    shop.stripe.customers.update(customer.id, {"name": "after"})
    assert shop.stripe.customers.create({"name": "before"}, KEY).name == "before"


@pytest.mark.parametrize(
    "other",
    [
        lambda v1: v1.customers.create({"email": "b@example.com"}, KEY),
        lambda v1: v1.products.create({"name": "x"}, KEY),
    ],
)
def test_the_same_key_for_something_else_is_refused(shop, other):
    shop.stripe.customers.create({"email": "a@example.com"}, KEY)
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as raised:
        other(shop.stripe)
    assert (raised.value.http_status, replayed(raised.value)) == (400, False)


def refused(shop, error: type[stripe.StripeError], payment_intent: str = "") -> stripe.StripeError:
    """Ask for a customer, or for a refund of a payment intent, and return why there is none."""
    asked = (
        (shop.stripe.refunds, {"payment_intent": payment_intent}) if payment_intent else (shop.stripe.customers, NAMED)
    )
    with pytest.raises(error) as raised:
        asked[0].create(asked[1], KEY)
    return raised.value


def replayed(error: stripe.StripeError) -> bool:
    return error.headers.get("Idempotent-Replayed") == "true"


def test_a_refusal_is_remembered_too(shop):
    first, again = (refused(shop, stripe.InvalidRequestError, payment_intent="pi_unknown") for _ in range(2))
    assert (again.http_status, again.http_body) == (first.http_status, first.http_body)
    assert [replayed(first), replayed(again)] == [False, True]


def test_a_refusal_stands_for_a_day_though_its_reason_is_gone(shop, sandbox):
    session = shop.document_session()
    shop.pay(session, DECLINED)
    intent = shop.look(session).payment_intent
    assert not replayed(refused(shop, stripe.InvalidRequestError, payment_intent=intent))
    shop.buy(session)
    assert replayed(refused(shop, stripe.InvalidRequestError, payment_intent=intent))
    assert shop.stripe.refunds.create({"payment_intent": intent}, {"idempotency_key": "purchase-1/2"}).amount == 990
    sandbox.advance(timedelta(days=1))
    assert not replayed(refused(shop, stripe.InvalidRequestError, payment_intent=intent))


@pytest.mark.parametrize(("faults", "made"), [({"down": 1}, 0), ({"error_after_commit": 1}, 1)])
def test_an_error_of_stripes_own_is_kept_whether_it_was_done_or_not(shop, sandbox, faults, made):
    sandbox.set_faults(Faults(**faults))
    first = refused(shop, stripe.APIError)
    sandbox.set_faults(Faults())
    again = refused(shop, stripe.APIError)
    assert (again.http_status, again.http_body) == (500, first.http_body)
    assert [replayed(first), replayed(again)] == [False, True]
    assert len(shop.stripe.customers.list().data) == made
    assert shop.stripe.customers.create({"name": "x"}, {"idempotency_key": "another"}).name == "x"


def test_a_key_that_was_answered_before_is_answered_from_memory_in_times_of_trouble(shop, sandbox):
    first = shop.stripe.customers.create({"name": "x"}, KEY)
    sandbox.set_faults(Faults(down=1))
    assert shop.stripe.customers.create({"name": "x"}, KEY).id == first.id


def test_what_would_have_been_refused_is_refused_rather_than_broken(shop, sandbox):
    sandbox.set_faults(Faults(error_after_commit=1))
    assert refused(shop, stripe.InvalidRequestError, payment_intent="pi_unknown").code == "resource_missing"


def test_being_asked_too_often_does_not_use_up_the_key(shop, sandbox):
    sandbox.set_faults(Faults(rate_limited=1))
    refused(shop, stripe.RateLimitError)
    sandbox.set_faults(Faults())
    assert shop.stripe.customers.create({"name": "x"}, KEY).name == "x"


def test_parameters_that_were_not_understood_do_not_use_up_the_key(shop, sandbox):
    unchecked = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport()).v1
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        unchecked.customers.create({"colour": "red"}, KEY)
    assert shop.stripe.customers.create({"name": "x"}, KEY).name == "x"


def test_a_key_is_forgotten_after_a_day(shop, sandbox):
    first = shop.stripe.customers.create({"name": "x"}, KEY)
    sandbox.advance(timedelta(days=1))
    assert shop.stripe.customers.create({"name": "x"}, KEY).id != first.id


def test_many_threads_with_one_key_make_one_customer(shop):
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: shop.stripe.customers.create({"name": "x"}, KEY).id, range(8)))
    assert len(set(made)) == 1


def test_events_name_the_request_that_set_them_off(shop):
    shop.stripe.customers.create({"name": "x"}, KEY)
    (event,) = shop.events()
    assert event.request.idempotency_key == "purchase-1"
    assert event.request.id.startswith("req_")

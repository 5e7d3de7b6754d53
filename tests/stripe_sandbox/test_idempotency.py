"""The same key, the same answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import stripe

KEY = {"idempotency_key": "purchase-1"}


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
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        other(shop.stripe)


def test_a_refusal_is_remembered_too(shop):
    params = {"payment_intent": "pi_unknown"}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
            shop.stripe.refunds.create(params, KEY)


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

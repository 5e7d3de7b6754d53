"""That the checking itself bites: a contract that lets everything through is none."""

import copy
from contextlib import nullcontext

import pytest
import stripe

from tests.contract.sdk import find_endpoint
from tests.contract.shapes import (
    CheckedTransport,
    ContractError,
    answer_problems,
    error_problems,
    object_problems,
    request_problems,
)
from tests.stripe_sandbox.shop import KEY


@pytest.fixture
def session(shop):
    bought = shop.buy(shop.subscription_session())
    expanded = {"expand": ["subscription.latest_invoice", "line_items"]}
    return shop.stripe.checkout.sessions.retrieve(bought.id, expanded).to_dict(for_json=True)


def changed(body, path, value):
    whole = copy.deepcopy(body)
    node = whole
    for step in path[:-1]:
        node = node[step]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return whole


INVOICE = ("subscription", "latest_invoice")
ITEM = ("subscription", "items", "data", 0)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("colour",), "red", ".colour: Session has no such field"),
        (("id",), ..., ".id: Session cannot be without it"),
        (("created",), None, ".created: None is no int"),
        (("created",), "1", ".created: '1' is no int"),
        (("created",), True, ".created: True is no int"),
        (("livemode",), 0, ".livemode: 0 is no bool"),
        (("status",), "done", ".status: 'done' is none of 'complete', 'expired', 'open'"),
        (("object",), "session", ".object: 'session' is none of 'checkout.session'"),
        (("custom_fields",), None, ".custom_fields: None is no list"),
        (("metadata",), {"a": 1}, ".metadata.a: 1 is no str"),
        (("customer",), 7, ".customer: 7 is no str"),
        (("total_details", "amount_tax"), 0.5, ".total_details.amount_tax: 0.5 is no int"),
        (("line_items",), [], ".line_items: [] is no hash"),
        (
            ("line_items", "data", 0, "amount_total"),
            ...,
            ".line_items.data[0].amount_total: LineItem cannot be without it",
        ),
        (("subscription", "current_period_end"), 1, ".subscription.current_period_end: Subscription has no such field"),
        ((*ITEM, "current_period_end"), ..., ".subscription.items.data[0].current_period_end: SubscriptionItem cannot"),
        (
            (*ITEM, "price", "unit_amount_decimal"),
            2500,
            ".subscription.items.data[0].price.unit_amount_decimal: 2500 is no",
        ),
        ((*INVOICE, "charge"), "ch_1", ".subscription.latest_invoice.charge: Invoice has no such field"),
        (
            (*INVOICE, "payment_intent"),
            "pi_1",
            ".subscription.latest_invoice.payment_intent: Invoice has no such field",
        ),
        ((*INVOICE, "subscription"), "sub_1", ".subscription.latest_invoice.subscription: Invoice has no such field"),
    ],
)
def test_an_answer_that_stripe_would_not_give_is_found_at_its_place(session, path, value, problem):
    endpoint = find_endpoint("get", "/v1/checkout/sessions/cs_1")
    assert answer_problems(endpoint, 200, session) == []
    problems = answer_problems(endpoint, 200, changed(session, path, value))
    assert len(problems) == 1
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("method", "path", "form", "problem"),
    [
        ("post", "/v1/customers", "colour=red", ".colour: CustomerCreateParams has no such field"),
        ("post", "/v1/products", "description=x", ".name: ProductCreateParams cannot be without it"),
        ("post", "/v1/prices", "currency=cny&unit_amount=1.5", ".unit_amount: '1.5' is no int"),
        ("post", "/v1/prices", "currency=cny&active=yes", ".active: 'yes' is no bool"),
        ("get", "/v1/customers", "limit=ten", ".limit: 'ten' is no int"),
        ("get", "/v1/customers", "created[after]=1", ".created.after: CustomerListParamsCreated has no such field"),
        ("get", "/v1/prices", "lookup_keys=a", ".lookup_keys: 'a' is no list"),
        ("get", "/v1/subscriptions", "status=over", ".status: 'over' is none of"),
        ("post", "/v1/customers", "metadata=x", ".metadata: 'x' is none of ''"),
        (
            "post",
            "/v1/checkout/sessions",
            "payment_method_types[0]=card",
            ".payment_method_types: SessionCreateParams has",
        ),
        (
            "post",
            "/v1/checkout/sessions",
            "line_items[0][amount]=1",
            ".line_items[0].amount: SessionCreateParamsLineItem",
        ),
        ("post", "/v1/customers", "idempotency_key=x", ".idempotency_key: CustomerCreateParams has no such field"),
    ],
)
def test_a_parameter_that_stripe_does_not_take_is_found(method, path, form, problem):
    problems = request_problems(find_endpoint(method, path), form)
    assert [one[: len(problem)] for one in problems] == [problem]


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("post", "/v1/customers", "metadata="),
        ("post", "/v1/customers", "metadata[a]=1&preferred_locales[0]=zh&preferred_locales[1]=en"),
        ("get", "/v1/customers", "created[gte]=1&limit=3&expand[0]=data.subscriptions"),
        ("get", "/v1/customers", "created=1"),
        ("post", "/v1/subscriptions/sub_1", "cancel_at=min_period_end"),
        ("post", "/v1/subscriptions/sub_1", "cancel_at=1830000000&cancel_at_period_end=false"),
        ("post", "/v1/prices", "currency=cny&unit_amount_decimal=1.5"),
        ("delete", "/v1/customers/cus_1", ""),
    ],
)
def test_what_stripe_takes_passes(method, path, form):
    assert request_problems(find_endpoint(method, path), form) == []


def test_a_deleted_object_is_no_more_than_that():
    endpoint = find_endpoint("get", "/v1/customers/cus_1")
    stub = {"id": "cus_1", "object": "customer", "deleted": True}
    assert answer_problems(endpoint, 200, stub) == []
    assert answer_problems(endpoint, 200, stub | {"email": None}) == [".email: Customer has no such field"]


def test_the_snapshot_in_an_event_is_looked_at_too(shop):
    shop.subscribe()
    event = shop.events(type="customer.subscription.updated")[0].to_dict(for_json=True)
    assert object_problems(event) == []
    wrong = changed(event, ("data", "object", "status"), "running")
    assert object_problems(wrong)[0].startswith("customer.subscription.updated.status: 'running' is none of")
    odd = changed(event, ("data", "previous_attributes", "colour"), "red")
    assert object_problems(odd) == ["customer.subscription.updated.previous_attributes.colour is unknown"]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"error": {"type": "invalid_request_error", "message": "x", "code": "x", "param": "x"}}, 0),
        ({"error": {"type": "my_error"}}, 1),
        ({"error": {"type": "api_error", "reason": "x"}}, 1),
        ({"error": {"message": "x"}}, 2),
        ({"message": "x"}, 1),
        ([], 1),
    ],
)
def test_errors_have_stripes_shape(body, count):
    assert len(error_problems(body)) == count


def test_the_most_fitting_endpoint_is_taken():
    assert find_endpoint("get", "/v1/customers/search").path == "/v1/customers/search"
    assert find_endpoint("get", "/v1/customers/cus_1").path == "/v1/customers/{customer}"
    assert find_endpoint("post", "/v1/nothing") is None


class _Answering(stripe.HTTPClient):
    name = "answering"

    def __init__(self, body: str) -> None:
        super().__init__()
        self.body = body

    def request(self, *_call, **_more):
        return self.body, 200, {}


def test_a_checked_client_raises_on_the_way_out_and_on_the_way_back():
    client = stripe.StripeClient(KEY, http_client=CheckedTransport(_Answering('{"object": "customer"}')))
    with pytest.raises(ContractError, match="colour: CustomerCreateParams has no such field"):
        client.v1.customers.create({"colour": "red"})
    with pytest.raises(ContractError, match="id: Customer cannot be without it"):
        client.v1.customers.create({"name": "x"})


@pytest.mark.parametrize("left_out", ["", '"object": "customer", '])
def test_stripe_itself_may_answer_more_than_it_writes_down_and_no_less(left_out):
    answered = '{"id": "cus_1", "object": "customer", "deleted": true, "colour": "red"}'.replace(left_out, "")
    transport = CheckedTransport(_Answering(answered), forgiving=True)
    client = stripe.StripeClient(KEY, http_client=transport)
    with pytest.raises(ContractError, match="object: Customer cannot") if left_out else nullcontext():
        client.v1.customers.delete("cus_1")


def test_an_endpoint_that_the_sdk_does_not_have_is_no_endpoint():
    client = stripe.StripeClient(KEY, http_client=CheckedTransport(_Answering("{}")))
    with pytest.raises(ContractError, match="knows no endpoint get /v1/nothing"):
        client.raw_request("get", "/v1/nothing")

"""What the sandbox refuses, and which of the SDK's exceptions that becomes."""

import sqlite3

import pytest
import stripe

from webapp.stripe_sandbox.form_encoding import parse_form
from webapp.stripe_sandbox.stripe_errors import RefusedError


@pytest.fixture
def v1(sandbox):
    """A client that is not checked: what is sent here is wrong on purpose."""
    return stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport()).v1


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda v1: v1.customers.retrieve("x_1"), "customer"),
        (lambda v1: v1.checkout.sessions.retrieve("x_1"), "checkout.session"),
        (lambda v1: v1.payment_intents.retrieve("x_1"), "payment_intent"),
        (lambda v1: v1.subscriptions.update("x_1", {"metadata": {"a": "b"}}), "subscription"),
        (lambda v1: v1.invoices.retrieve("x_1"), "invoice"),
        (lambda v1: v1.events.retrieve("x_1"), "event"),
        (lambda v1: v1.disputes.retrieve("x_1"), "dispute"),
        (lambda v1: v1.checkout.sessions.line_items.list("x_1"), "checkout.session"),
    ],
)
def test_an_id_that_names_nothing_is_missing(v1, ask, kind):
    with pytest.raises(stripe.InvalidRequestError, match=f"No such {kind}: 'x_1'") as refused:
        ask(v1)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", "id")


def test_an_id_of_another_kind_names_nothing(shop, v1):
    customer = shop.customer()
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        v1.subscriptions.retrieve(customer.id)


@pytest.mark.parametrize(
    ("ask", "code", "param"),
    [
        (lambda v1: v1.products.create({}), "parameter_missing", "name"),
        (lambda v1: v1.prices.create({"currency": "cny", "product": "p"}), "parameter_missing", "unit_amount"),
        (lambda v1: v1.customers.create({"colour": "red"}), "parameter_unknown", "colour"),
        (lambda v1: v1.customers.list({"name": "x"}), "parameter_unknown", "name"),
        (
            lambda v1: v1.billing_portal.sessions.create({"customer": "c", "on_behalf_of": "acct_1"}),
            "parameter_unknown",
            "on_behalf_of",
        ),
        (
            lambda v1: v1.prices.create(
                {"currency": "cny", "unit_amount": 1, "recurring": {"interval": "month", "x": 1}}
            ),
            "parameter_unknown",
            "recurring[x]",
        ),
        (lambda v1: v1.customers.create({"email": {"a": "b"}}), None, "email"),
        (lambda v1: v1.customers.create({"metadata": {"k" * 41: "v"}}), None, "metadata"),
        (lambda v1: v1.customers.create({"metadata": "x"}), None, "metadata"),
        (lambda v1: v1.customers.list({"limit": "many"}), "parameter_invalid_integer", "limit"),
        (lambda v1: v1.prices.list({"active": "perhaps"}), None, "active"),
        (lambda v1: v1.prices.list({"lookup_keys": "x"}), None, "lookup_keys"),
        (lambda v1: v1.prices.create({"currency": "yuan", "unit_amount": 1}), None, "currency"),
        (
            lambda v1: v1.prices.create({"currency": "cny", "unit_amount": -1}),
            "parameter_invalid_integer",
            "unit_amount",
        ),
    ],
)
def test_a_parameter_that_is_wrong_is_named(v1, ask, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        ask(v1)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


@pytest.mark.parametrize(
    "ask",
    [
        lambda v1: v1.payouts.list(),
        lambda v1: v1.customers.search({"query": "x"}),
        lambda v1: v1.payment_intents.create({"amount": 1, "currency": "cny"}),
    ],
)
def test_an_endpoint_that_is_not_there_says_so(v1, ask):
    with pytest.raises(stripe.InvalidRequestError, match="The sandbox has no such endpoint") as refused:
        ask(v1)
    assert refused.value.http_status == 404


def test_a_price_needs_a_product_named_or_described_and_not_both(shop):
    plan = {"currency": "cny", "unit_amount": 1}
    product = shop.stripe.products.create({"name": "x"}).id
    for wrong in ({}, {"product": product, "product_data": {"name": "x"}}):
        with pytest.raises(stripe.InvalidRequestError, match="either `product` or `product_data`"):
            shop.stripe.prices.create(plan | wrong)


def test_a_lookup_key_belongs_to_one_price_until_it_is_handed_over(shop):
    first = shop.price(lookup_key="month")
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        shop.price(lookup_key="month")
    second = shop.price(lookup_key="month", transfer_lookup_key=True)
    assert shop.stripe.prices.retrieve(first.id).lookup_key is None
    assert [price.id for price in shop.stripe.prices.list({"lookup_keys": ["month"]}).data] == [second.id]


def test_a_live_key_is_never_taken(sandbox):
    live = stripe.StripeClient("sk_live_x", http_client=sandbox.client_transport())
    with pytest.raises(stripe.AuthenticationError, match="test keys only"):
        live.v1.customers.list()


def test_another_version_of_the_api_is_not_spoken(sandbox):
    old = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport(), stripe_version="2020-08-27")
    with pytest.raises(stripe.InvalidRequestError, match="2020-08-27"):
        old.v1.customers.list()


def test_a_file_that_stays_locked_is_a_stripe_that_does_not_answer(sandbox, file, v1):
    with sandbox.store.writing() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(stripe.APIConnectionError, match="locked"):
        v1.customers.create({"name": "x"})
    holder.execute("ROLLBACK")
    holder.close()
    assert v1.customers.create({"name": "x"}).name == "x"


@pytest.mark.parametrize(
    ("form", "tree"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[0][b]=1&a[1][b]=2", {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a=%E4%BB%98%26+b", {"a": "付& b"}),
    ],
)
def test_a_form_grows_into_a_tree(form, tree):
    assert parse_form(form) == tree


@pytest.mark.parametrize("form", ["a=1&a=2", "a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[=1", "a]b=1", "=1"])
def test_a_form_that_contradicts_itself_is_refused(form):
    with pytest.raises(RefusedError, match="Invalid parameter"):
        parse_form(form)

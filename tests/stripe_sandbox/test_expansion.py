"""Ids replaced by what they name, on request."""

import pytest
import stripe


@pytest.fixture
def bought(shop):
    return shop.buy(shop.subscription_session())


def test_an_id_becomes_its_object(shop, bought):
    session = shop.stripe.checkout.sessions.retrieve(bought.id, {"expand": ["customer", "subscription"]})
    assert session.customer.email == "reader@example.com"
    assert session.subscription.status == "active"
    assert isinstance(session.invoice, str)


def test_a_path_leads_through_several_objects(shop, bought):
    path = "subscription.latest_invoice.payments.data.payment.payment_intent"
    session = shop.stripe.checkout.sessions.retrieve(bought.id, {"expand": [path]})
    (payment,) = session.subscription.latest_invoice.payments.data
    assert payment.payment.payment_intent.status == "succeeded"


def test_paths_with_a_common_beginning_do_not_undo_each_other(shop, bought):
    paths = ["subscription", "subscription.customer", "subscription.items.data.price.product"]
    session = shop.stripe.checkout.sessions.retrieve(bought.id, {"expand": paths})
    assert session.subscription.customer.object == "customer"
    assert session.subscription["items"].data[0].price.product.name == "All reports"


def test_every_entry_of_a_list_is_expanded(shop, bought):
    shop.buy(shop.subscription_session())
    invoices = shop.stripe.invoices.list({"expand": ["data.customer", "data.parent.subscription_details.subscription"]})
    assert [invoice.customer.object for invoice in invoices.data] == ["customer", "customer"]
    assert [one.parent.subscription_details.subscription.status for one in invoices.data] == ["active", "active"]


def test_some_lists_are_shown_only_when_asked_for(shop, bought):
    session = shop.stripe.checkout.sessions.retrieve(bought.id, {"expand": ["line_items"]})
    assert [item.description for item in session.line_items.data] == ["All reports"]
    customer = shop.stripe.customers.retrieve(bought.customer, {"expand": ["subscriptions"]})
    assert [subscription.id for subscription in customer.subscriptions.data] == [bought.subscription]
    assert not hasattr(shop.stripe.customers.retrieve(bought.customer), "subscriptions")


def test_a_charges_refunds_are_shown_when_asked_for(shop):
    paid = shop.buy(shop.pass_session()).payment_intent
    shop.stripe.refunds.create({"payment_intent": paid})
    intent = shop.stripe.payment_intents.retrieve(paid, {"expand": ["latest_charge.refunds"]})
    assert [refund.amount for refund in intent.latest_charge.refunds.data] == [3000]


def test_what_is_made_is_answered_expanded_too(shop):
    customer = shop.customer()
    session = shop.pass_session(customer=customer.id, expand=["customer"])
    assert session.customer.id == customer.id
    assert shop.look(session).customer == customer.id, "what is kept stays an id"


def test_what_is_empty_stays_empty(shop):
    session = shop.pass_session(expand=["payment_intent.latest_charge", "subscription"])
    assert (session.payment_intent, session.subscription) == (None, None)


@pytest.mark.parametrize(
    "path",
    ["client_reference_id", "nothing", "status.x", "customer.email", "data.customer", "line_items.data.nothing"],
)
def test_what_cannot_be_expanded_is_refused(shop, path):
    session = shop.pass_session()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.stripe.checkout.sessions.retrieve(session.id, {"expand": [path]})


def test_an_expansion_has_four_levels_at_most(shop, bought):
    path = "subscription.latest_invoice.customer.subscriptions.data.latest_invoice"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        shop.stripe.checkout.sessions.retrieve(bought.id, {"expand": [path]})

"""What a set-up command makes at Stripe: webhook endpoints, and what customers may do in the portal."""

import pytest
import stripe

URL = "https://reports.example/webhooks/stripe"


def make_endpoint(shop, **params) -> stripe.WebhookEndpoint:
    return shop.stripe.webhook_endpoints.create({"url": URL, "enabled_events": ["charge.refunded"], **params})


def test_an_endpoints_secret_is_shown_once_and_is_the_one_that_the_postman_signs_with(shop, sandbox):
    made = make_endpoint(shop, api_version=stripe.api_version, description="x", metadata={"a": "b"})
    assert made.secret == sandbox.webhook_secret
    seen = shop.stripe.webhook_endpoints.retrieve(made.id)
    assert "secret" not in seen.to_dict()
    assert (seen.url, seen.enabled_events, seen.status) == (URL, ["charge.refunded"], "enabled")
    assert (seen.api_version, seen.metadata.to_dict()) == (stripe.api_version, {"a": "b"})
    assert [found.id for found in shop.stripe.webhook_endpoints.list().data] == [made.id]


def test_an_endpoint_can_be_changed_switched_off_and_deleted(shop):
    made = make_endpoint(shop)
    changed = shop.stripe.webhook_endpoints.update(
        made.id, {"enabled_events": ["*"], "disabled": True, "metadata": {"a": "b"}, "description": ""}
    )
    assert (changed.enabled_events, changed.status, changed.metadata.to_dict()) == (["*"], "disabled", {"a": "b"})
    assert shop.stripe.webhook_endpoints.update(made.id, {"disabled": False}).status == "enabled"
    assert shop.stripe.webhook_endpoints.delete(made.id).deleted is True
    assert shop.stripe.webhook_endpoints.list().data == []
    for gone in (shop.stripe.webhook_endpoints.retrieve, shop.stripe.webhook_endpoints.delete):
        with pytest.raises(stripe.InvalidRequestError, match="No such webhook_endpoint"):
            gone(made.id)


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"url": "somewhere"}, "Not a valid URL"),
        ({"enabled_events": []}, "enabled_events"),
        ({"enabled_events": ["everything!"]}, "no type of event"),
        ({"api_version": "2020-08-27"}, "Invalid api_version"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(sandbox, params, complaint):
    v1 = stripe.StripeClient("sk_test_x", http_client=sandbox.client_transport()).v1
    with pytest.raises(stripe.InvalidRequestError, match=complaint):
        v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"], **params})


# The portal


def switching(shop):
    product = shop.stripe.products.create({"name": "All reports"}).id
    prices = [shop.price(interval=interval, product=product, product_data=None).id for interval in ("month", "year")]
    return {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "products": [{"product": product, "prices": prices}],
        "proration_behavior": "always_invoice",
    }


def configure(shop, features=None, **params) -> stripe.billing_portal.Configuration:
    usual = {"subscription_cancel": {"enabled": True, "mode": "at_period_end"}, "invoice_history": {"enabled": True}}
    return shop.stripe.billing_portal.configurations.create({"features": features or usual, **params})


def test_what_is_not_allowed_is_not_allowed(shop):
    features = configure(shop).features
    assert (features.subscription_cancel.enabled, features.invoice_history.enabled) == (True, True)
    assert (features.subscription_update.enabled, features.customer_update.enabled) == (False, False)
    assert shop.told() == ["billing_portal.configuration.created"]


def test_customers_can_be_let_switch_between_plans(shop):
    wanted = switching(shop)
    made = configure(
        shop,
        {"subscription_update": wanted, "customer_update": {"enabled": True, "allowed_updates": ["email"]}},
        business_profile={"headline": "Reports"},
        metadata={"paidspan": "1"},
    )
    seen = shop.stripe.billing_portal.configurations.retrieve(made.id)
    update = seen.features.subscription_update
    assert (update.enabled, update.default_allowed_updates) == (True, ["price"])
    assert update.products[0].prices == wanted["products"][0]["prices"]
    assert (seen.business_profile.headline, seen.metadata.to_dict()) == ("Reports", {"paidspan": "1"})


def test_what_is_not_named_in_a_change_stays(shop):
    made = configure(shop, {"subscription_update": switching(shop)})
    changed = shop.stripe.billing_portal.configurations.update(
        made.id, {"features": {"invoice_history": {"enabled": True}}, "metadata": {"a": "b"}}
    )
    assert changed.features.invoice_history.enabled is True
    assert changed.features.subscription_update.enabled is True
    closed = shop.stripe.billing_portal.configurations.update(
        made.id, {"features": {"subscription_update": {"enabled": False, "products": ""}}}
    )
    assert closed.features.subscription_update.products == []
    assert closed.metadata.to_dict() == {"a": "b"}


def test_a_portal_opens_with_the_configuration_it_is_told_or_with_the_default(shop):
    customer = shop.customer().id
    opened = [shop.stripe.billing_portal.sessions.create({"customer": customer}) for _ in range(2)]
    (default,) = shop.stripe.billing_portal.configurations.list({"is_default": True}).data
    assert {session.configuration for session in opened} == {default.id}
    mine = configure(shop)
    told = shop.stripe.billing_portal.sessions.create({"customer": customer, "configuration": mine.id})
    assert told.configuration == mine.id
    assert [one.id for one in shop.stripe.billing_portal.configurations.list({"active": True}).data] == [
        mine.id,
        default.id,
    ]


def test_a_configuration_that_was_switched_off_opens_nothing(shop):
    made = configure(shop)
    shop.stripe.billing_portal.configurations.update(made.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="not active"):
        shop.stripe.billing_portal.sessions.create({"customer": shop.customer().id, "configuration": made.id})
    shop.stripe.billing_portal.sessions.create({"customer": shop.customer().id})
    (default,) = shop.stripe.billing_portal.configurations.list({"is_default": True}).data
    with pytest.raises(stripe.InvalidRequestError, match="default configuration"):
        shop.stripe.billing_portal.configurations.update(default.id, {"active": False})


def test_nobody_can_be_let_switch_to_what_there_is_not(shop):
    wanted = switching(shop)
    other = shop.price().id
    for changes, complaint in (
        ({"products": ""}, "must specify products"),
        ({"default_allowed_updates": ""}, "must specify products"),
        ({"products": [{"product": "prod_unknown", "prices": [other]}]}, "No such product"),
        ({"products": [wanted["products"][0] | {"prices": ["price_unknown"]}]}, "No such price"),
        ({"products": [wanted["products"][0] | {"prices": [other]}]}, "of another product"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=complaint):
            configure(shop, {"subscription_update": wanted | changes})

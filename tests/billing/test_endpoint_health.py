"""Whether Stripe's events reach us, and what is said where they do not."""

from dataclasses import replace

import pytest

from webapp.billing.endpoint_health import ON_THE_WAY, check_endpoint, endpoint_problems, last_delivery
from webapp.billing.gateway.client import EventNotice
from webapp.billing.gateway.setup_calls import EndpointFacts
from webapp.billing.stripe_setup import EVENTS, set_up_endpoint
from webapp.billing.webhook_inbox import store_event
from webapp.settings import Mode

HERE = "https://reports.example.com/webhooks/stripe"


@pytest.fixture
def billing(cashier):
    """The sandbox taken for an account in test mode."""
    return replace(cashier.billing, mode=Mode.TEST, base_url="https://reports.example.com")


@pytest.fixture
def stripe(billing):
    return billing.gateway.client.v1


def endpoint(url=HERE, events=frozenset(EVENTS), *, enabled=True):
    return EndpointFacts("we_1", url, frozenset(events), enabled)


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        ([], "Stripe has no endpoint for https://reports.example.com/webhooks/stripe."),
        ([endpoint("https://other.example.com/hook")], "Stripe has no endpoint for"),
        ([endpoint(f"{HERE}/")], "(a slash at its end)"),
        ([endpoint(HERE.replace("https", "http"))], "(http)"),
        ([endpoint("https://reports.example.com/stripe")], "(another path)"),
        ([endpoint("https://old.example.com/webhooks/stripe")], "(another host)"),
        ([endpoint("https://reports.example.com:8443/webhooks/stripe")], "(another host)"),
        ([endpoint(f"{HERE}?v=2")], "(something behind its path)"),
        ([endpoint(enabled=False)], "Endpoint we_1 is switched off at Stripe. Run paidspan stripe setup."),
        ([endpoint(events=EVENTS - {"invoice.paid", "refund.failed"})], "does not send invoice.paid, refund.failed"),
    ],
)
def test_what_is_wrong_with_it_is_named_with_its_mend(endpoints, said):
    (problem,) = endpoint_problems(HERE, endpoints)
    assert said in problem


@pytest.mark.parametrize(
    "endpoints",
    [
        [endpoint()],
        [endpoint(events={"*"})],
        [endpoint(enabled=False), endpoint()],
        [endpoint(events={"invoice.paid"}), endpoint(), endpoint(f"{HERE}/")],
    ],
)
def test_one_that_is_right_is_enough(endpoints):
    assert list(endpoint_problems(HERE, endpoints)) == []


def test_stripe_sends_to_https_only():
    (problem,) = endpoint_problems("http://127.0.0.1:8000/webhooks/stripe", [])
    assert "PAIDSPAN_BASE_URL" in problem


def test_the_sandbox_needs_no_endpoint(cashier):
    assert check_endpoint(cashier.billing) == []


def test_setup_mends_what_is_missing_or_switched_off(billing, stripe):
    made = stripe.webhook_endpoints.create({"url": HERE, "enabled_events": ["invoice.paid"]})
    stripe.webhook_endpoints.update(made.id, {"disabled": True})
    assert len(check_endpoint(billing)) == 1
    assert set_up_endpoint(billing).did == "changed"
    assert check_endpoint(billing) == []
    stripe.webhook_endpoints.update(made.id, {"disabled": True})
    assert set_up_endpoint(billing).said == "switched on again"
    stripe.webhook_endpoints.update(made.id, {"enabled_events": ["*"], "disabled": True})
    set_up_endpoint(billing)
    assert set_up_endpoint(billing).did == "kept"
    assert stripe.webhook_endpoints.retrieve(made.id).enabled_events == ["*"]


def test_without_its_secret_no_event_is_taken(billing):
    set_up_endpoint(billing)
    billing.gateway.webhook_secret = ""
    (problem,) = check_endpoint(billing)
    assert "PAIDSPAN_STRIPE_WEBHOOK_SECRET" in problem


def test_an_endpoint_that_hears_nothing_is_noticed_after_a_while(billing, stripe, cashier):
    set_up_endpoint(billing)
    subscribed(stripe)
    assert check_endpoint(billing) == []
    cashier.sandbox.advance(ON_THE_WAY * 2)
    (problem,) = check_endpoint(billing)
    assert "no event has come since" in problem
    notice = EventNotice("evt_1", "customer.deleted", "customer", "cus_1", livemode=False)
    billing.database.write(lambda session: store_event(session, Mode.TEST, notice, delivered=False))
    assert len(check_endpoint(billing)) == 1, "it was only found in a list"
    billing.database.write(lambda session: store_event(session, Mode.TEST, notice, delivered=True))
    assert check_endpoint(billing) == []
    with billing.database.reading() as session:
        assert last_delivery(session, Mode.TEST) is not None


def subscribed(stripe):
    """Have something happen that we want to hear of."""
    stripe.customers.delete(stripe.customers.create({"email": "a@example.com"}).id)

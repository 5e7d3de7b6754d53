"""Setting up an account: made once, kept in step, and every call one that Stripe's own types know."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from webapp.billing.models import Plan
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_setup import (
    EVENTS,
    FIRST_PLANS,
    current_plan_wishes,
    learn_products,
    set_up_endpoint,
    set_up_plans,
    set_up_portal,
)
from webapp.kit.errors import PaymentsUnavailableError
from webapp.operations.first_start import prepare_instance
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


@pytest.fixture
def billing(cashier):
    """The sandbox taken for an account in test mode, which has to be told where our endpoint is."""
    return replace(cashier.billing, mode=Mode.TEST, base_url="https://reports.example.com")


@pytest.fixture
def stripe(billing):
    return billing.gateway.client.v1


def test_the_endpoint_is_made_once_and_its_secret_is_said_once(billing, stripe):
    made = set_up_endpoint(billing)
    assert (made.did, made.what) == ("made", "https://reports.example.com/webhooks/stripe")
    assert "PAIDSPAN_STRIPE_WEBHOOK_SECRET=whsec_" in made.said
    again = set_up_endpoint(billing)
    assert (again.did, again.said) == ("kept", "")
    (endpoint,) = stripe.webhook_endpoints.list().data
    assert set(endpoint.enabled_events) == set(EVENTS)


def test_an_endpoint_that_hears_too_little_is_told_to_hear_more(billing, stripe):
    stripe.webhook_endpoints.create(
        {"url": "https://reports.example.com/webhooks/stripe", "enabled_events": ["invoice.paid", "payout.paid"]}
    )
    assert set_up_endpoint(billing).did == "changed"
    (endpoint,) = stripe.webhook_endpoints.list().data
    assert set(endpoint.enabled_events) == {*EVENTS, "payout.paid"}


def test_without_https_no_endpoint_is_made_and_the_reason_is_said(billing, stripe):
    done = set_up_endpoint(replace(billing, base_url="http://127.0.0.1:8000"))
    assert done.did == "left out"
    assert "PAIDSPAN_BASE_URL" in done.said
    assert stripe.webhook_endpoints.list().data == []


def test_the_portal_is_made_once_and_lets_readers_switch_between_what_is_sold(cashier, stripe):
    assert [set_up_portal(cashier.billing).did for _ in range(2)] == ["made", "kept"]
    (portal,) = stripe.billing_portal.configurations.list({"active": True}).data
    switching = portal.features.subscription_update
    assert switching.enabled
    assert len(switching.products) == 2


def test_each_mode_has_plans_of_its_own(cashier, billing):
    from webapp.billing.plans import plans_on_sale

    with cashier.database.reading() as session:
        assert plans_on_sale(session, Mode.TEST) == []
        assert len(plans_on_sale(session, Mode.SANDBOX)) == 3
    # Another account has prices of its own; here it is the same one, so the test's prices are dearer.
    dearer = [
        replace(wish, price=replace(wish.price, minor_units=wish.price.minor_units + 100)) for wish in FIRST_PLANS
    ]
    set_up_plans(billing, dearer)
    with cashier.database.reading() as session:
        assert {offer.price.minor_units for offer in plans_on_sale(session, Mode.TEST)} == {19900, 2600, 3100}
        assert {offer.price.minor_units for offer in plans_on_sale(session, Mode.SANDBOX)} == {19800, 2500, 3000}


def test_what_is_sold_now_is_what_setting_up_begins_with(cashier):
    with cashier.database.reading() as session:
        present = current_plan_wishes(session, Mode.SANDBOX)
        assert current_plan_wishes(session, Mode.TEST) == list(FIRST_PLANS)
    assert {wish.kind: wish.price for wish in present} == {wish.kind: wish.price for wish in FIRST_PLANS}
    dearer, kept = replace(present[0], price=replace(present[0].price, minor_units=29800)), present[1]
    done = {step.what: step.did for step in set_up_plans(cashier.billing, [dearer, replace(kept, trial_days=3)])}
    assert done[f"plan {dearer.kind}"] == done[f"plan {kept.kind}"] == "changed"
    assert done[f"plan {present[2].kind}"] == "retired"


def test_the_sandbox_delivers_by_itself(cashier):
    assert set_up_endpoint(cashier.billing).did == "kept"


def products(database):
    with database.reading() as session:
        return {plan.kind: plan.stripe_product_id for plan in session.scalars(select(Plan))}


def forget_products(database):
    def forget(session):
        for plan in session.scalars(select(Plan)):
            plan.stripe_product_id = None

    database.write(forget)


def test_a_plan_knows_its_product_from_the_beginning(cashier):
    assert len(set(products(cashier.database).values()) - {None}) == 3


def test_plans_of_earlier_versions_learn_their_products_whenever_stripe_is_asked_anyway(cashier):
    known = products(cashier.database)
    for learn in (
        learn_products,
        reconcile_all,
        lambda billing: set_up_plans(billing, FIRST_PLANS),
    ):
        forget_products(cashier.database)
        learn(cashier.billing)
        assert products(cashier.database) == known
    assert learn_products(cashier.billing) == 0


def test_a_price_that_stripe_does_not_have_holds_up_no_other(cashier):
    forget_products(cashier.database)

    def wipe(session):
        session.scalars(select(Plan)).first().stripe_price_id = "price_gone"

    cashier.database.write(wipe)
    assert learn_products(cashier.billing) == 2


def test_serve_starts_while_stripe_is_away(cashier, settings, capsys):
    forget_products(cashier.database)
    cashier.sandbox.set_faults(Faults(down=1))
    with pytest.raises(PaymentsUnavailableError):
        learn_products(cashier.billing)
    prepare_instance(settings)
    assert "does not answer" in capsys.readouterr().err
    cashier.sandbox.set_faults(Faults())
    prepare_instance(settings)
    assert None not in products(cashier.database).values()

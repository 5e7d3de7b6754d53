"""What the publisher does and is told: accounts that are disabled, an endpoint that hears nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, GOOD, READER
from webapp.accounts.models import Reader
from webapp.billing.closed_accounts import stop_charging
from webapp.billing.endpoint_health import check_endpoint
from webapp.billing.models import PurchaseState
from webapp.billing.reconcile import reconcile_all, reconcile_events
from webapp.kit import clock
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults


def charged(scene):
    """Return what stands of all that was charged."""
    return sum(charge.amount - charge.amount_refunded for charge in scene.stripe.charges.list().data if charge.paid)


def disabled_beside_us(scene):
    """Disable the account without a word to Stripe, as an earlier version did."""

    def disable(session):
        session.scalar(select(Reader).where(Reader.email == READER)).disabled_at = clock.now()

    scene.cashier.database.write(disable)


def test_47_an_account_that_is_disabled_is_not_charged_again(scene, paidspan):
    scene.bought("month")
    subscription = scene.subscription["id"]
    said = paidspan("user", "disable", READER.upper())
    assert said == f"{READER}\tdisabled\ncancel-subscription\t{subscription}\tdone\n"
    assert scene.subscription["status"] == "canceled"
    scene.hear()
    before = charged(scene)
    scene.cashier.sandbox.advance(90 * DAY)
    assert charged(scene) == before
    assert scene.alerts() == []


def test_47_what_is_open_at_the_checkout_is_closed(scene, paidspan):
    session_id = scene.cashier.order(scene.reader, "year", scene.document.slug)
    assert f"expire-session\t{session_id}\tdone" in paidspan("user", "disable", READER)
    assert scene.stripe.checkout.sessions.retrieve(session_id).status == "expired"
    assert scene.cashier.purchases()[0].state is PurchaseState.EXPIRED


def test_47_a_session_that_never_was_is_let_go(scene, paidspan):
    scene.cashier.sandbox.set_faults(Faults(down=1))
    scene.try_to_order("year")
    scene.cashier.sandbox.set_faults(Faults())
    assert paidspan("user", "disable", READER) == f"{READER}\tdisabled\n"
    assert scene.cashier.purchases()[0].state is PurchaseState.EXPIRED


def test_47_what_stripe_cannot_be_asked_now_it_is_asked_later(scene, paidspan):
    scene.bought("month")
    scene.cashier.sandbox.set_faults(Faults(down=1))
    said = paidspan("user", "disable", READER)
    assert said.endswith("\twaiting\n")
    scene.cashier.sandbox.set_faults(Faults())
    scene.drained()
    assert scene.subscription["status"] == "canceled"
    assert paidspan("user", "disable", READER) == f"{READER}\tdisabled\n"


def test_47_a_subscription_that_had_ended_is_left_alone(scene):
    scene.bought("month")
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.hear()
    assert scene.cashier.database.write(lambda session: stop_charging(session, scene.reader_id)) == []


def test_47_disabled_by_an_earlier_version_it_is_cancelled_at_its_next_news_and_given_back(scene):
    scene.bought("month")
    scene.hear()
    disabled_beside_us(scene)
    before = charged(scene)
    scene.cashier.sandbox.advance(32 * DAY)
    assert charged(scene) > before
    scene.hear()
    scene.hear()
    assert scene.subscription["status"] == "canceled"
    assert charged(scene) == before
    assert {alert.code for alert in scene.alerts()} >= {"charged-while-disabled", "paid-while-disabled"}


def test_47_what_is_paid_afterwards_all_the_same_is_given_back(scene):
    before = scene.bought("document")
    late = scene.cashier.order(scene.reader, "pass", scene.document.slug)
    scene.hear()
    scene.pass_time(timedelta(seconds=2))
    disabled_beside_us(scene)
    scene.pass_time(timedelta(seconds=2))
    scene.cashier.sandbox.pay(late, card_number=GOOD, expiry="12/34", cvc="123")
    scene.hear()
    scene.hear()
    assert {alert.code for alert in scene.alerts()} == {"paid-while-disabled"}
    kept = scene.stripe.checkout.sessions.retrieve(before)
    assert charged(scene) == kept.amount_total


def test_47_what_was_paid_before_and_is_heard_of_only_now_is_kept(scene):
    scene.cashier.buy(scene.reader, "document", scene.document.slug)
    scene.pass_time(timedelta(seconds=2))
    disabled_beside_us(scene)
    scene.hear()
    assert len(scene.receipts()) == 1
    assert (scene.alerts(), charged(scene)) == ([], 990)


@pytest.fixture
def account(scene):
    """The sandbox taken for an account in test mode, which has to be told where our endpoint is."""
    return replace(scene.cashier.billing, mode=Mode.TEST, base_url="https://reports.example.com")


@pytest.mark.parametrize(
    ("url", "disabled", "said"),
    [
        ("https://reports.example.com/webhooks/stripe/", False, "a slash at its end"),
        ("http://reports.example.com/webhooks/stripe", False, "(http)"),
        ("https://old.example.com/webhooks/stripe", False, "another host"),
        ("https://reports.example.com/webhooks/stripe", True, "switched off at Stripe. Run paidspan stripe setup."),
    ],
)
def test_58_an_endpoint_that_hears_nothing_is_named_with_its_mend_and_access_is_right(
    scene, account, url, disabled, said
):
    made = scene.stripe.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    if disabled:
        scene.stripe.webhook_endpoints.update(made.id, {"disabled": True})
    (problem,) = check_endpoint(account)
    assert said in problem
    scene.bought("month")
    assert scene.reads()
    scene.pass_time(32 * DAY)
    scene.miss()
    reconcile_events(scene.cashier.billing)
    assert scene.reads()
    scene.stripe.subscriptions.cancel(scene.subscription["id"])
    scene.miss()
    reconcile_all(scene.cashier.billing)
    assert not scene.reads()

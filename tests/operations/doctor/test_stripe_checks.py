"""What the doctor says of Stripe: the sandbox taken for it, answering well and badly."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.billing.stripe_answers import WITHOUT_KEY, answering, dated
from webapp.billing.reconcile import reconcile_events
from webapp.billing.stripe_models import Reconciliation
from webapp.billing.stripe_setup import set_up_endpoint
from webapp.kit import clock
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults

KEY = {"stripe_secret_key": "sk_test_of_nobody", "base_url": "https://reports.example.com"}
ACCOUNT = {"id": "acct_1", "object": "account", "country": "CN", "charges_enabled": True}


@pytest.fixture
def stripe(cashier, asking):
    """The sandbox taken for an account in test mode, in which we are reached by https."""
    account = replace(cashier.billing, mode=Mode.TEST, base_url="https://reports.example.com")
    asking(account)
    return account


def test_the_sandbox_is_good(verdict, look):
    assert verdict("stripe")[0] == "good"
    assert look("stripe-clock") == look("webhook") == look("webhook-address") == []


def test_an_account_that_takes_payments_is_good_and_one_that_may_not_is_broken(verdict, stripe):
    with answering(stripe, "/v1/account", ACCOUNT, 200):
        assert verdict("stripe", **KEY) == ("good", "Account acct_1 (CN) takes payments. ")
    with answering(stripe, "/v1/account", ACCOUNT | {"charges_enabled": False}, 200):
        assert verdict("stripe")[0] == "broken"


def test_a_key_that_stripe_refuses_is_broken(verdict, stripe):
    with answering(stripe, "/v1/account", *WITHOUT_KEY):
        found, line = verdict("stripe", **KEY)
    assert (found, "Invalid API Key provided" in line) == ("broken", True)


def test_a_restricted_key_works(verdict, stripe):
    refused = {"error": {"type": "invalid_request_error", "message": "lacks rak_accounts_kyc_basic_read"}}
    with answering(stripe, "/v1/account", refused, 403):
        assert verdict("stripe", **KEY)[0] == "good"


def test_a_stripe_that_is_away_is_broken(verdict, stripe, cashier):
    cashier.sandbox.set_faults(Faults(down=1))
    found, line = verdict("stripe", **KEY)
    assert (found, "Stripe does not answer" in line) == ("broken", True)
    assert verdict("webhook")[0] == "broken"


@pytest.mark.parametrize(("apart", "found"), [(3, "good"), (-100, "warning"), (100, "warning"), (-400, "broken")])
def test_a_clock_that_is_not_stripes_is_told(verdict, stripe, apart, found):
    with answering(stripe, "/v1/account", ACCOUNT, 200), dated(stripe, timedelta(seconds=apart)):
        assert verdict("stripe-clock", **KEY)[0] == found


def test_an_endpoint_that_is_missing_is_warned_of_as_status_does(verdict, stripe):
    found, line = verdict("webhook", **KEY)
    assert (found, "Stripe has no endpoint for https://reports.example.com" in line) == ("warning", True)
    set_up_endpoint(stripe)
    assert verdict("webhook")[0] == "good"


def test_what_waits_is_counted(verdict, cashier, people, document, monkeypatch):
    assert verdict("stripe-backlog")[0] == "good"
    monkeypatch.setattr("webapp.operations.doctor.stripe_checks._MANY", -1)
    assert verdict("stripe-backlog")[0] == "warning"


def test_comparing_that_does_not_happen_or_finds_much_is_warned_of(verdict, billing, database):
    assert verdict("stripe-drift")[0] == "warning"
    reconcile_events(billing)
    assert verdict("stripe-drift")[0] == "good"

    def change(session, **columns):
        for name, value in columns.items():
            setattr(session.get_one(Reconciliation, 1), name, value)

    database.write(lambda session: change(session, drift=500))
    assert verdict("stripe-drift")[0] == "warning"
    an_hour_ago = clock.machine_now() - timedelta(hours=1)
    database.write(lambda session: change(session, drift=0, finished_at=an_hour_ago))
    found, line = verdict("stripe-drift")
    assert (found, "last compared at" in line) == ("warning", True)

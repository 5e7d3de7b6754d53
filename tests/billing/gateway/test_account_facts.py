"""What Stripe says of the account: the sandbox taken for it, but for the answer about the account."""

from datetime import timedelta

import pytest

from tests.billing.stripe_answers import WITHOUT_KEY, answering, dated
from webapp.billing.gateway.account_facts import AccountFacts, read_account
from webapp.kit import clock
from webapp.kit.errors import PaymentsUnavailableError

ACCOUNT = {"id": "acct_1", "object": "account", "country": "CN", "charges_enabled": True}
RESTRICTED = {"error": {"type": "invalid_request_error", "message": "lacks rak_accounts_kyc_basic_read"}}


@pytest.fixture
def billing(cashier):
    return cashier.billing


def test_an_account_is_read_with_the_time_of_the_answer(billing):
    with answering(billing, "/v1/account", ACCOUNT, 200), dated(billing, timedelta(hours=1)):
        found = read_account(billing.gateway)
    assert (found.id, found.country, found.charges_enabled) == ("acct_1", "CN", True)
    assert timedelta(minutes=59) < found.answered_at - clock.machine_now() < timedelta(minutes=61)


def test_an_answer_without_a_date_and_a_country_is_read_as_well(billing):
    with answering(billing, "/v1/account", ACCOUNT | {"country": None, "charges_enabled": False}, 200):
        assert read_account(billing.gateway) == AccountFacts("acct_1", "", charges_enabled=False, answered_at=None)


def test_a_restricted_key_sees_none(billing):
    with answering(billing, "/v1/account", RESTRICTED, 403):
        assert read_account(billing.gateway) is None


def test_a_key_that_is_refused_is_told(billing):
    with answering(billing, "/v1/account", *WITHOUT_KEY), pytest.raises(PaymentsUnavailableError):
        read_account(billing.gateway)

"""Setting Stripe up as a walk: each step says how it stands and what to do, whatever Stripe answers."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from tests.billing.stripe_answers import WITHOUT_KEY, answering
from webapp.billing.models import Plan
from webapp.billing.setup_steps import set_up_at_stripe, setup_walk
from webapp.settings import Mode
from webapp.stripe_sandbox.faults import Faults

ACCOUNT = {"id": "acct_1", "object": "account", "country": "CN", "charges_enabled": True}


@pytest.fixture
def stripe(cashier):
    """The sandbox taken for an account in test mode, in which we are reached by https."""
    with cashier.database.writing() as session:
        session.execute(delete(Plan))
    gateway = replace(cashier.billing.gateway, webhook_secret="whsec_1")
    return replace(cashier.billing, gateway=gateway, mode=Mode.TEST, base_url="https://reports.example.com")


def told(billing):
    return [(step.name, str(step.state), step.sentence) for step in setup_walk(billing)]


def test_without_a_key_all_waits_for_it(cashier):
    states = [(name, state) for name, state, _sentence in told(cashier.billing)]
    assert states[:3] == [("Key", "to-do"), ("Account", "later"), ("Events", "later")]


def test_set_up_every_step_is_done_and_doing_it_again_makes_nothing(stripe):
    with answering(stripe, "/v1/account", ACCOUNT, 200):
        assert [state for _name, state, _sentence in told(stripe)] == ["done", "done", "to-do", "to-do"]
        made = set_up_at_stripe(stripe)
        assert "made" in {step.did for step in made}
        assert [state for _name, state, _sentence in told(stripe)] == ["done"] * 4
        assert {step.did for step in set_up_at_stripe(stripe)} == {"kept"}


def test_a_live_key_is_said_to_be_one(stripe):
    with answering(stripe, "/v1/account", ACCOUNT, 200):
        assert told(replace(stripe, mode=Mode.LIVE))[0][2] == "A live key is set."


@pytest.mark.parametrize(
    ("answer", "state", "sentence"),
    [
        ((ACCOUNT | {"charges_enabled": False}, 200), "to-do", "may not take payments yet"),
        (WITHOUT_KEY, "to-do", "refuses the key"),
        (({"error": {"type": "invalid_request_error", "message": "lacks rak_1"}}, 403), "done", "restricted"),
    ],
)
def test_what_stripe_says_of_the_account_is_told(stripe, answer, state, sentence):
    with answering(stripe, "/v1/account", *answer):
        step = told(stripe)[1]
    assert (step[1], sentence in step[2]) == (state, True)


def test_a_stripe_that_is_away_is_told_and_nothing_is_raised(stripe, cashier):
    cashier.sandbox.set_faults(Faults(down=1))
    assert [state for _name, state, _sentence in told(stripe)][:3] == ["done", "to-do", "to-do"]
    assert "does not answer" in str(told(stripe))


def test_an_endpoint_without_a_secret_is_a_step_by_itself(stripe, database):
    with answering(stripe, "/v1/account", ACCOUNT, 200):
        set_up_at_stripe(stripe)
        steps = setup_walk(replace(stripe, gateway=replace(stripe.gateway, webhook_secret="")))
        assert [(str(step.state), step.next) for step in steps if step.name == "Events"] == [("to-do", "")]
        with database.writing() as session:
            session.execute(update(Plan).values(active=False))
        assert "No plan" in told(stripe)[-1][2]

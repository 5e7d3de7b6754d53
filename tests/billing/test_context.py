"""What billing sells over: the sandbox without a key, Stripe with one."""

from datetime import timedelta

import pytest

from webapp import create_app
from webapp.billing.context import current_billing, sandbox_of
from webapp.kit import clock
from webapp.kit.http import database as database_of
from webapp.settings import Mode, load_settings


@pytest.fixture
def with_key(instance, cashier):
    """Return the application with a test key, where there was a sandbox before whose time was ahead."""
    cashier.sandbox.advance(timedelta(days=30))
    secret = {"secret_key": "a secret that only the tests know" * 2}
    keys = {"stripe_secret_key": "sk_test_of_an_account", "stripe_webhook_secret": "whsec_of_the_same"}
    application = create_app(load_settings(instance=instance, **secret, **keys))
    application.testing = True
    yield application
    with application.app_context():
        database_of().close()


def test_without_a_key_everything_is_sold_on_the_sandbox(app, cashier):
    assert cashier.billing.mode is Mode.SANDBOX
    assert sandbox_of(app) is cashier.sandbox
    assert cashier.billing.gateway.webhook_secret == cashier.sandbox.webhook_secret


def test_with_a_key_stripe_is_asked_and_there_is_no_sandbox(with_key):
    with with_key.app_context():
        billing = current_billing()
    assert (billing.mode, billing.gateway.livemode) == (Mode.TEST, False)
    assert billing.gateway.webhook_secret == "whsec_of_the_same"
    assert sandbox_of(with_key) is None
    assert clock.now() < clock.machine_now() + timedelta(days=1)
    assert not [rule for rule in with_key.url_map.iter_rules() if rule.rule.startswith("/sandbox")]

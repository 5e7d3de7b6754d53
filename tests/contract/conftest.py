import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.contract import live
from tests.contract.shapes import CheckedTransport
from tests.stripe_sandbox.shop import FAILS_LATER, GOOD, Shop
from webapp.kit import clock
from webapp.stripe_sandbox.sandbox import Sandbox


@contextmanager
def opened_shop(folder: Path) -> Iterator[Shop]:
    sandbox = Sandbox(folder / "sandbox.sqlite", "http://127.0.0.1:8000")
    clock.set_clock_offset(sandbox.clock_offset)
    yield Shop(sandbox)
    sandbox.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened_shop(tmp_path) as shop:
        yield shop


@dataclass(frozen=True)
class Life:
    """What a year of everything left behind: the endpoints called, and all objects as they were in the end."""

    called: set[tuple[str, str]]
    kept: list[dict[str, Any]]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Life:
    from tests.contract.test_sandbox import everything, live_a_life

    with opened_shop(tmp_path_factory.mktemp("life")) as shop:
        live_a_life(shop)
        life = Life(shop.client._requestor._client.seen, everything(shop))
    clock.set_clock_offset(None)
    return life


@dataclass(frozen=True)
class Account:
    """An account in test mode, the sandbox's or one at Stripe, whose every answer is held against the types."""

    client: stripe.StripeClient
    at_stripe: bool

    def card_of(self, customer: str, *, fails: bool = False) -> stripe.PaymentMethod:
        """Leave a card with a customer, one that can be kept but not charged where it `fails`."""
        methods = self.client.v1.payment_methods
        if self.at_stripe:  # which takes card numbers from its own pages only
            return methods.attach("pm_card_chargeCustomerFail" if fails else "pm_card_visa", {"customer": customer})
        card = {"number": FAILS_LATER if fails else GOOD, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
        return methods.attach(methods.create({"type": "card", "card": card}).id, {"customer": customer})


@pytest.fixture(scope="session")
def live_key(request: pytest.FixtureRequest) -> str:
    """Return the key of `make stripe-live`, before each test is freed of settings from outside."""
    return os.environ[live.KEY] if request.config.getoption("stripe_live") else ""


@pytest.fixture
def account(request: pytest.FixtureRequest, live_key: str) -> Account:
    if live_key:
        transport = CheckedTransport(stripe.RequestsClient(), forgiving=True)
        return Account(stripe.StripeClient(live_key, http_client=transport, max_network_retries=2), at_stripe=True)
    return Account(request.getfixturevalue("shop").client, at_stripe=False)

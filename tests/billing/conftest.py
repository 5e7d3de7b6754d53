"""Every call the product makes here goes through the check against the SDK's own types."""

import pytest

from tests.contract.shapes import CheckedTransport
from webapp.stripe_sandbox.sandbox import Sandbox


@pytest.fixture(autouse=True)
def checked_transport(monkeypatch):
    plain = Sandbox.client_transport
    monkeypatch.setattr(Sandbox, "client_transport", lambda sandbox: CheckedTransport(plain(sandbox)))


@pytest.fixture
def reader(people):
    return people.signed_in()

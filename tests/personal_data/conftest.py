"""One reader who buys and goes."""

import pytest

from tests.billing.scenarios.scene import Scene


@pytest.fixture
def scene(app, people, cashier, document):
    return Scene(app, people, cashier, document)

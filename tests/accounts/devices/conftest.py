"""Browsers in which one reader is signed in."""

import pytest

from tests.factories.devices import sign_in_as
from tests.factories.mailed_links import READER


@pytest.fixture
def browser(app, people):
    """Return what signs another browser in."""
    people.reader()
    return lambda email=READER, **more: sign_in_as(app.test_client(), email, **more)

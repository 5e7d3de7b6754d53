"""Accounts that have a second factor."""

import pytest

from tests.factories.authenticator import set_up_second_factor
from tests.factories.mailed_links import READER


@pytest.fixture
def phone(people):
    """The authenticator app of a reader."""
    return set_up_second_factor(people.signed_in(READER))

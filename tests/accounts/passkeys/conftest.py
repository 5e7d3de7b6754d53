"""A reader who has a passkey."""

import pytest

from tests.factories.mailed_links import READER
from tests.factories.security_key import SecurityKey, make_passkey, sign_in_here


@pytest.fixture
def browser(app, people):
    """A browser at `localhost` that is signed in and has just proved who it is."""
    people.reader(READER)
    return sign_in_here(app.test_client(), READER)


@pytest.fixture
def key(browser):
    made = SecurityKey()
    assert make_passkey(browser, made).headers["Location"] == "/account/passkeys?done=added"
    return made

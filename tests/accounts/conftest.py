"""What tests of accounts ask for."""

import pytest

from tests.factories.mailed_links import OTHER, READER, Post


@pytest.fixture
def post(app, database, people):
    people.reader(READER)
    people.reader(OTHER)
    return Post(app, database, people)

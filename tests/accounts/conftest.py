"""What tests of accounts ask for."""

import pytest
import time_machine

from tests.accounts.limited_house import OWNER, LimitedHouse
from tests.factories.mailed_links import OTHER, READER, Post
from webapp.kit import clock


@pytest.fixture
def post(app, database, people):
    people.reader(READER)
    people.reader(OTHER)
    return Post(app, database, people)


@pytest.fixture
def limited_house(app, people):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as time:
        people.reader(OWNER)
        yield LimitedHouse(app, time)

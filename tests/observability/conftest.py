import asyncio

import pytest

from tests.front.asgi import Sent, asked, receiving
from webapp import create_app
from webapp.front.door import FrontDoor
from webapp.kit.http import database as database_of
from webapp.kit.measures import this_process
from webapp.settings import load_settings

TOKEN = "a token that only Prometheus has"
BEARER = [(b"authorization", f"Bearer {TOKEN}".encode())]


@pytest.fixture(autouse=True)
def numbers_of_this_test_alone():
    this_process.close()
    yield
    this_process.close()


class House:
    """A front door that is watched, asked in one loop."""

    def __init__(self, app):
        self.app, self.door = app, FrontDoor(app)
        self._loop = asyncio.new_event_loop()

    def ask(self, path="/", method="GET", headers=(), given=(b"",)):
        sent = Sent()
        self._loop.run_until_complete(self.door(asked(path, method, headers), receiving(*given), sent))
        return sent

    def metrics(self):
        sent = self.ask("/metrics", headers=BEARER)
        assert sent.status == 200
        return sent.body.decode()

    def close(self):
        self._loop.run_until_complete(self.door.close())
        self._loop.close()
        with self.app.app_context():
            database_of().close()


@pytest.fixture
def open_house(instance):
    """Return what opens a house with some settings."""
    made = []

    def open_one(**given):
        secret = "a secret that only the tests know" * 2
        app = create_app(load_settings(instance=instance, secret_key=secret, sign_up_seconds=0, **given))
        made.append(House(app))
        return made[-1]

    yield open_one
    for house in made:
        house.close()


@pytest.fixture
def house(open_house):
    return open_house(metrics_token=TOKEN)

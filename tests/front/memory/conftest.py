"""Lives of a house whose two processes remember answers."""

import pytest

from tests.factories.shelf import Shelf
from tests.front.memory.life import Life, Time
from webapp import create_app
from webapp.kit import clock, limits
from webapp.kit.http import database as database_of


@pytest.fixture
def life_of(settings, tmp_path, monkeypatch):
    """Return what makes a life of a seed; nobody is told to wait in it."""
    time = Time()
    apps = [create_app(settings.model_copy(update={"devices_at_once": 2})) for _process in range(2)]
    clock.set_clock_offset(None)
    monkeypatch.setattr(clock, "machine_now", time)
    limits.set_limits(on=False)
    lives = []

    def make(seed):
        databases = []
        for app in apps:
            with app.app_context():
                databases.append(database_of())
        lives.append(Life(apps, databases, Shelf(databases[0], tmp_path), time, seed))
        return lives[-1]

    yield make
    limits.set_limits(on=True)
    for life in lives:
        for door in life.doors:
            door.close()
    for app in apps:
        with app.app_context():
            database_of().close()

"""Lives of a house whose two processes remember answers, on any database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.factories.shelf import Shelf
from tests.front.memory.life import Life, Time
from webapp import create_app
from webapp.kit import clock, limits
from webapp.kit.http import database as database_of
from webapp.settings import Settings


@contextmanager
def lives(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Life]]:
    """Yield what makes a life of a seed; nobody is told to wait in it."""
    time, begun = Time(), []
    apps = [create_app(settings.model_copy(update={"devices_at_once": 2})) for _process in range(2)]
    clock.set_clock_offset(None)
    monkeypatch.setattr(clock, "machine_now", time)
    limits.set_limits(on=False)

    def make(seed: int) -> Life:
        databases = []
        for app in apps:
            with app.app_context():
                databases.append(database_of())
        begun.append(Life(apps, databases, Shelf(databases[0], folder), time, seed))
        return begun[-1]

    yield make
    limits.set_limits(on=True)
    for life in begun:
        for door in life.doors:
            door.close()
    for app in apps:
        with app.app_context():
            database_of().close()

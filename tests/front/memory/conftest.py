"""Lives of a house whose two processes remember answers."""

import pytest

from tests.front.memory.lives import lives


@pytest.fixture
def life_of(settings, tmp_path, monkeypatch):
    with lives(settings, tmp_path, monkeypatch) as make:
        yield make

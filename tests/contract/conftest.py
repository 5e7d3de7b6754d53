from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stripe_sandbox.shop import Shop
from webapp.kit import clock
from webapp.stripe_sandbox.sandbox import Sandbox


@contextmanager
def opened_shop(folder: Path) -> Iterator[Shop]:
    sandbox = Sandbox(folder / "sandbox.sqlite", "http://127.0.0.1:8000")
    clock.set_clock_offset(sandbox.clock_offset)
    yield Shop(sandbox)
    sandbox.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened_shop(tmp_path) as shop:
        yield shop


@dataclass(frozen=True)
class Life:
    """What a year of everything left behind: the endpoints called, and all objects as they were in the end."""

    called: set[tuple[str, str]]
    kept: list[dict[str, Any]]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Life:
    from tests.contract.test_sandbox import everything, live_a_life

    with opened_shop(tmp_path_factory.mktemp("life")) as shop:
        live_a_life(shop)
        life = Life(shop.client._requestor._client.seen, everything(shop))
    clock.set_clock_offset(None)
    return life

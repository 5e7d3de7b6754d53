from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.billing.sandbox.shop import Shop
from webapp.billing.sandbox import Sandbox
from webapp.kit import clock

BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.sqlite"


@pytest.fixture
def sandbox(file: Path) -> Iterator[Sandbox]:
    opened = Sandbox(file, BASE_URL)
    clock.set_offset(opened.clock_offset)
    yield opened
    opened.close()


@pytest.fixture
def shop(sandbox: Sandbox) -> Shop:
    return Shop(sandbox)


@pytest.fixture(autouse=True)
def checked_transport() -> None:
    """Here wrong requests are sent on purpose, so the check of the folder above is left out."""

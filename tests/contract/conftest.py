from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stripe_sandbox.shop import Shop
from webapp.kit import clock
from webapp.stripe_sandbox.sandbox import Sandbox


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    sandbox = Sandbox(tmp_path / "sandbox.sqlite", "http://127.0.0.1:8000")
    clock.set_clock_offset(sandbox.clock_offset)
    yield Shop(sandbox)
    sandbox.close()

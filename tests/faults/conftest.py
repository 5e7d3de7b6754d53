"""Where faults are tried: in memory where that can be, for nothing here asks about disks, and disks are slow."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.factories.postgres_server import MISSING, postgres_programs
from tests.faults.writing_load import LoadedHouse, loaded_house

MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    if not MEMORY.is_dir():
        yield tmp_path
        return
    place = Path(mkdtemp(prefix="paidspan-", dir=MEMORY))
    yield place
    shutil.rmtree(place)


@pytest.fixture(params=["sqlite", "postgresql"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoadedHouse]:
    """Return a house under load, on each database."""
    if request.param == "postgresql" and postgres_programs() is None:
        pytest.skip(MISSING)
    with loaded_house(tmp_path, on_postgresql=request.param == "postgresql") as built:
        yield built

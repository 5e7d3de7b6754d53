"""Where faults are tried: in memory where that can be, for nothing here asks about disks, and disks are slow."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    if not MEMORY.is_dir():
        yield tmp_path
        return
    place = Path(mkdtemp(prefix="paidspan-", dir=MEMORY))
    yield place
    shutil.rmtree(place)

"""One house for all tests that look at the served product."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

import pytest

from tests.factories.house import SECRET, House, build_house

MEMORY = Path("/dev/shm")
SETTINGS = {"PAIDSPAN_SECRET_KEY": SECRET}


@dataclass(frozen=True)
class Town:
    """A house, and what its reader's browser holds."""

    house: House
    cookie: str
    preview: str

    @property
    def instance(self) -> Path:
        return self.house.folder


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Where nobody waits for the disk, if that can be: nothing here asks about disks."""
    folder = Path(mkdtemp(prefix="paidspan-", dir=MEMORY if MEMORY.is_dir() else None))
    house = build_house(folder / "instance")
    cookies = [house.reader.get_cookie(name) for name in ("paidspan", "remember_token")]
    cookie = "; ".join(f"{one.key}={one.value}" for one in cookies if one)
    yield Town(house, cookie, quote(f"/d/{house.document.slug}"))
    house.let_go()
    shutil.rmtree(folder)
